# Golden numbers of every extraction with every rotation, and of lavaan's exploratory factor analysis with its standard
# errors. Run from the project's root: Rscript tests/golden/factors/make_grid.R
suppressMessages({library(psych); library(GPArotation); library(lavaan); library(jsonlite)})
here <- "tests/golden/factors"
answers <- function(name) as.matrix(read.csv(file.path("tests/golden/data", paste0(name, ".csv"))))
table_of <- function(path) as.matrix(read.csv(path, row.names = 1))
of_answers <- function(name, k, n) list(k = k, n = n, r = cor(answers(name), use = "pairwise"))
matrices <- list(
  likert5 = of_answers("likert5", 3, 250),
  likert7_missing = of_answers("likert7_missing", 3, 300),
  binary = of_answers("binary", 2, 400),
  unequal = of_answers("unequal", 2, 200),
  wai_sr_matrix = list(k = 3, n = 157, r = table_of("tests/golden/data/wai_sr_matrix.csv")),
  near_singular = list(k = 3, n = 250, r = table_of(file.path(here, "near_singular.csv")))
)
tables <- c(example = "example_loadings.csv", items200 = "items200_loadings.csv")
plain <- function(x) unclass(unname(as.matrix(x)))
quiet <- function(x) suppressMessages(suppressWarnings(x))

# --- extraction, each at its strictest
strict_minres <- function(r, k) {
  at <- function(psi) eigen(r - diag(psi), symmetric = TRUE)
  discarded <- (k + 1):nrow(r)
  value <- function(psi) sum(at(psi)$values[discarded]^2) / 2
  slope <- function(psi) { e <- at(psi); -drop(e$vectors[, discarded]^2 %*% e$values[discarded]) }
  got <- optim(1 / diag(solve(r)), value, slope, method = "L-BFGS-B", lower = 0.005, upper = 1,
               control = list(factr = 0, pgtol = 1e-10, maxit = 5000))
  e <- at(got$par)
  list(loadings = e$vectors[, 1:k] %*% diag(sqrt(e$values[1:k]), k), uniqueness = got$par)
}
extractions <- list(
  minres = strict_minres,
  ml = function(r, k) {
    got <- factanal(covmat = r, factors = k, n.obs = 500, rotation = "none",
                    control = list(nstart = 20, opt = list(factr = 1, maxit = 5000)))
    list(loadings = plain(got$loadings), uniqueness = unname(got$uniquenesses))
  },
  pa = function(r, k) {
    got <- quiet(fa(r, k, n.obs = 500, rotate = "none", fm = "pa", min.err = 1e-12, max.iter = 100000))
    list(loadings = plain(got$loadings), uniqueness = unname(got$uniquenesses))
  }
)

# --- rotation: the transformation T, rotated = loadings inv(T)', from the best of many starts
gpa <- function(f, a, starts, first = diag(ncol(a)), ...) {
  best <- NULL
  for (s in 0:starts) {
    set.seed(s)
    t0 <- if (s == 0) first else Random.Start(ncol(a))
    got <- quiet(f(a, Tmat = t0, eps = 1e-4, maxit = 1000, ...))
    value <- got$Table[nrow(got$Table), 2]
    if (is.null(best) || value < best$value - 1e-7) best <- list(value = value, got = got)
  }
  # below about 1e-7 its line search stalls on rounding
  got <- quiet(f(a, Tmat = best$got$Th, eps = 1e-7, maxit = 1500, ...))
  end <- got$Table[nrow(got$Table), ]
  list(T = got$Th, value = end[2], gradient = signif(10^end[3], 2))
}
target_of <- function(a) {   # small loadings of varimax are wanted to be 0, the largest of each factor to be what it is
  v <- plain(stats::varimax(a)$loadings)
  target <- ifelse(abs(v) < 0.3, 0, NA)
  for (j in seq_len(ncol(v))) { i <- which.max(abs(v[, j])); target[i, j] <- round(v[i, j], 1) }
  target
}
rotations <- function(a, starts, target) {
  W <- ifelse(is.na(target), 0, 1); Target <- ifelse(is.na(target), 0, target)
  out <- list()
  for (normalize in c(FALSE, TRUE)) {
    end <- if (normalize) "_kaiser" else ""
    go <- function(f, ...) gpa(f, a, starts, normalize = normalize, ...)
    # random starts seldom have the factors in the target's order and direction; varimax, which it was made of, has
    to_target <- function(f) go(f, first = stats::varimax(a)$rotmat, W = W, Target = Target)
    got <- list(varimax = go(Varimax), quartimax = go(quartimax), oblimin = go(oblimin),
                oblimin_gamma = go(oblimin, gam = -0.5), geomin_t = go(geominT), geomin_q = go(geominQ),
                target_t = to_target(pstT), target_q = to_target(pstQ))
    if (ncol(a) > 2) got <- c(got, list(bifactor_t = go(GPArotation::bifactorT), bifactor_q = go(GPArotation::bifactorQ)))
    out <- c(out, setNames(got, paste0(names(got), end)))
  }
  std <- stats::promax(stats::varimax(a, eps = 1e-15)$loadings)   # stats::varimax turns itself, promax the result
  out$promax <- list(T = t(solve(qr.coef(qr(a), plain(std$loadings)))))
  h <- sqrt(rowSums(a^2))   # psych's `promax` is Promax of normalized rows, after a strict varimax
  kaiser <- psych::Promax(plain(stats::varimax(a / h, eps = 1e-15)$loadings))
  out$promax_kaiser <- list(T = t(solve(qr.coef(qr(a), plain(kaiser$loadings) * h))))
  lapply(out, function(x) { x$T <- plain(x$T); x })
}

grid <- list()
for (name in names(matrices)) {
  s <- matrices[[name]]
  out <- list(k = s$k, n = s$n)
  for (extraction in names(extractions)) {
    got <- extractions[[extraction]](s$r, s$k)
    got$target <- target_of(got$loadings)
    got$rotations <- rotations(got$loadings, 15, got$target)
    st <- quiet(factor.stats(s$r, got$loadings, n.obs = s$n, alpha = 0.1))
    got$fit <- list(dof = st$dof, STATISTIC = st$STATISTIC, PVAL = st$PVAL, null_chisq = st$null.chisq, TLI = st$TLI,
                    BIC = st$BIC, rms = st$rms)
    # whole solutions at psych's own stopping rules, which end far from the minimum of a nearly singular matrix
    if (name != "near_singular") for (rotation in c("oblimin", "quartimax", "geominT", "geominQ")) {
      whole <- quiet(fa(s$r, s$k, n.obs = s$n, rotate = rotation, fm = extraction, min.err = 1e-8, max.iter = 20000))
      phi <- if (is.null(whole$Phi)) diag(s$k) else whole$Phi
      got$fa[[rotation]] <- list(pattern = plain(whole$loadings), phi = plain(phi), communality = unname(whole$communality))
    }
    out$extraction[[extraction]] <- got
  }
  grid[[name]] <- out
  cat(name, "\n")
}
for (name in names(tables)) {
  a <- plain(table_of(file.path(here, tables[[name]])))
  target <- target_of(a)
  out <- rotations(a, if (nrow(a) > 100) 3 else 7, target)
  grid$loadings[[name]] <- list(target = target, rotations = out)
  cat(name, "\n")
}
write_json(grid, file.path(here, "grid.json"), digits = 8, auto_unbox = TRUE, matrix = "rowmajor", na = "null")
