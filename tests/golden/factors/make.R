# Golden numbers of factor analysis. Run from the project's root: Rscript tests/golden/factors/make.R
suppressMessages({library(psych); library(GPArotation); library(jsonlite)})
data_dir <- "tests/golden/data"
read <- function(name) as.matrix(read.csv(file.path(data_dir, paste0(name, ".csv"))))
wai <- read.csv(file.path(data_dir, "wai_sr_matrix.csv"), row.names = 1)
sets <- list(
  likert5 = list(k = 3, n = 250, data = read("likert5")),
  likert7_missing = list(k = 3, n = 300, data = read("likert7_missing")),
  binary = list(k = 2, n = 400, data = read("binary")),
  unequal = list(k = 2, n = 200, data = read("unequal")),
  wai_sr_matrix = list(k = 3, n = 157, r = as.matrix(wai))
)
plain <- function(x) unclass(unname(as.matrix(x)))
quiet <- function(x) suppressMessages(suppressWarnings(x))

# the best of the identity and 15 random starts, then polished: below about 1e-7 its line search stalls on rounding
gpa <- function(f, a, ...) {
  best <- NULL
  for (s in 0:15) {
    set.seed(s)
    t0 <- if (s == 0) diag(ncol(a)) else Random.Start(ncol(a))
    got <- quiet(f(a, Tmat = t0, eps = 1e-4, maxit = 1000, ...))
    value <- got$Table[nrow(got$Table), 2]
    if (is.null(best) || value < best$value - 1e-7) best <- list(value = value, got = got)
  }
  got <- quiet(f(a, Tmat = best$got$Th, eps = 1e-7, maxit = 1500, ...))
  phi <- if (is.null(got$Phi)) diag(ncol(a)) else got$Phi
  end <- got$Table[nrow(got$Table), ]
  list(pattern = plain(got$loadings), phi = plain(phi), value = end[2], gradient = 10^end[3])
}

# the discrepancy of minres by R's optim at its strictest, from the formula, without psych's early stop
strict_minres <- function(r, k) {
  at <- function(psi) eigen(r - diag(psi), symmetric = TRUE)
  discarded <- (k + 1):nrow(r)
  value <- function(psi) sum(at(psi)$values[discarded]^2) / 2
  slope <- function(psi) { e <- at(psi); -drop(e$vectors[, discarded]^2 %*% e$values[discarded]) }
  got <- optim(1 / diag(solve(r)), value, slope, method = "L-BFGS-B", lower = 0.005, upper = 1,
               control = list(factr = 0, pgtol = 1e-10, maxit = 5000))
  e <- at(got$par)
  list(loadings = e$vectors[, 1:k] %*% diag(sqrt(e$values[1:k]), k), uniqueness = got$par, value = got$value)
}

result <- list()
for (name in names(sets)) {
  s <- sets[[name]]; k <- s$k
  r <- if (is.null(s$r)) cor(s$data, use = "pairwise") else s$r
  a <- strict_minres(r, k)
  out <- list(k = k, n = s$n)
  fa_of <- function(...) quiet(fa(r, k, n.obs = s$n, ...))
  minres <- fa_of(rotate = "none")
  pa <- fa_of(rotate = "none", fm = "pa", min.err = 1e-11, max.iter = 20000)
  ml <- factanal(covmat = r, factors = k, n.obs = s$n, rotation = "none", control = list(opt = list(factr = 1, maxit = 5000)))
  one <- quiet(fa(r, 1, n.obs = s$n))
  out$extraction <- list(
    minres_strict = list(loadings = a$loadings, uniqueness = a$uniqueness, value = a$value),
    minres = list(loadings = plain(minres$loadings), uniqueness = unname(minres$uniquenesses)),
    minres_one = list(loadings = plain(one$loadings), uniqueness = unname(one$uniquenesses)),
    ml = list(loadings = plain(ml$loadings), uniqueness = unname(ml$uniquenesses), value = unname(ml$criteria["objective"]),
              chi_square = unname(ml$STATISTIC)),
    pa = list(loadings = plain(pa$loadings), uniqueness = unname(pa$uniquenesses))
  )
  L <- a$loadings
  out$rotation <- list(varimax = gpa(Varimax, L, normalize = TRUE), oblimin = gpa(oblimin, L))
  # whole solutions at psych's own stopping rules
  for (rotation in c("oblimin", "quartimax", "geominQ")) {
    got <- quiet(fa(r, k, n.obs = s$n, rotate = rotation))
    phi <- if (is.null(got$Phi)) diag(k) else got$Phi
    out$fa[[rotation]] <- list(pattern = plain(got$loadings), phi = plain(phi), communality = unname(got$communality),
      variance = unname(got$Vaccounted["SS loadings", ]), structure = plain(got$Structure))
  }
  # at the strict oblimin solution: fit, second order, scores
  P <- out$rotation$oblimin$pattern; Phi <- out$rotation$oblimin$phi
  rownames(P) <- rownames(r); colnames(P) <- paste0("F", 1:k)
  st <- quiet(factor.stats(r, P, Phi, n.obs = s$n, alpha = 0.1))
  out$fit <- list(dof = st$dof, STATISTIC = st$STATISTIC, PVAL = st$PVAL, null_chisq = st$null.chisq, TLI = st$TLI,
                  RMSEA = unname(st$RMSEA[1:3]), BIC = st$BIC, rms = st$rms)
  sl <- quiet(schmid(P, Phi = Phi, nfactors = k, two.ok = TRUE))
  out$schmid <- list(general = unname(sl$sl[, 1]), group = plain(sl$sl[, 2:(k + 1)]), gloading = as.numeric(sl$gloading))
  om <- quiet(omega(r, nfactors = k, n.obs = s$n, plot = FALSE, flip = FALSE))
  out$omega <- list(omega_h = om$omega_h, omega_total = om$omega.tot, ecv = om$ECV)
  if (name != "wai_sr_matrix") x <- s$data
  for (method in c("Thurstone", "tenBerge", "Bartlett")) {
    got <- quiet(factor.scores(r, P, Phi = Phi, method = method))
    out$scores[[method]] <- list(weights = plain(got$weights), R2 = unname(got$R2))
    if (name == "likert5") out$scores[[method]]$people <- plain(factor.scores(x, P, Phi = Phi, method = method)$scores[1:6, ])
  }
  out$congruence <- plain(factor.congruence(P, out$rotation$varimax$pattern, digits = 12))
  result[[name]] <- out
}
write_json(result, "tests/golden/factors/factors.json", digits = 12, auto_unbox = TRUE, matrix = "rowmajor", na = "null")
