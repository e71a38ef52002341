# Golden numbers of maximum likelihood factor analysis with its standard errors, from lavaan and GPArotation.
# Run from the project's root: Rscript tests/golden/factors/make_lavaan.R
suppressMessages({library(lavaan); library(GPArotation); library(jsonlite)})
answers <- function(name) as.matrix(read.csv(file.path("tests/golden/data", paste0(name, ".csv"))))
of_answers <- function(name, k, n) list(k = k, n = n, r = cor(answers(name), use = "pairwise"))
matrices <- list(
  likert5 = of_answers("likert5", 3, 250),
  likert7_missing = of_answers("likert7_missing", 3, 300),
  binary = of_answers("binary", 2, 400),
  unequal = of_answers("unequal", 2, 200),
  wai_sr_matrix = list(k = 3, n = 157, r = as.matrix(read.csv("tests/golden/data/wai_sr_matrix.csv", row.names = 1)))
)
grid <- fromJSON("tests/golden/factors/grid.json")
plain <- function(x) unclass(unname(as.matrix(x)))
quiet <- function(x) suppressMessages(suppressWarnings(x))

# --- lavaan::efa, whole
by_efa <- function(s) {
  rotations <- list(
    oblimin = list("oblimin"), oblimin_gamma = list("oblimin", oblimin.gamma = -0.5),
    oblimin_kaiser = list("oblimin", row.weights = "kaiser"), geomin_q = list("geomin", geomin.epsilon = 0.01),
    geomin_t = list("geomin", geomin.epsilon = 0.01, orthogonal = TRUE),
    varimax = list("varimax", orthogonal = TRUE), quartimax = list("quartimax", orthogonal = TRUE)
  )
  lapply(rotations, function(rotation) {
    arguments <- modifyList(list(row.weights = "none", rstarts = 5, gpa.tol = 1e-6, max.iter = 2000), rotation[-1])
    set.seed(1)
    got <- efa(sample.cov = s$r, ov.names = colnames(s$r), sample.nobs = s$n, nfactors = s$k, estimator = "ML",
               rotation = rotation[[1]], rotation.args = arguments, output = "lavaan", se = "standard")
    values <- lavInspect(got, "std"); errors <- lavInspect(got, "std.se")
    list(pattern = plain(values$lambda), phi = plain(values$psi), uniqueness = unname(diag(values$theta)),
         pattern_se = plain(errors$lambda), phi_se = plain(errors$psi), uniqueness_se = unname(diag(errors$theta)))
  })
}

# --- the delta method by hand: standardized covariance matrix of unrotated loadings from lavaan's confirmatory model with
# zeros in the upper triangle, and the derivative of GPArotation's rotation by central differences
by_delta <- function(s, target) {
  items <- colnames(s$r); k <- s$k; p <- length(items)
  # the zeros at items that differ
  spread <- round(seq(1, p, length.out = k + 1))[1:k]
  free <- outer(seq_len(p), seq_len(k), function(i, j) { z <- TRUE; !(match(i, spread, nomatch = p) < j) })
  model <- paste(sapply(1:k, function(j) paste0("f", j, " =~ ", paste0(ifelse(free[, j], "NA", "0"), "*", items, collapse = " + "))), collapse = "\n")
  fit <- cfa(model, sample.cov = s$r, sample.nobs = s$n, std.lv = TRUE, orthogonal = TRUE)
  V <- lavInspect(fit, "vcov.std.all")
  places <- which(free, arr.ind = TRUE)
  names_of <- paste0("f", places[, 2], "=~", items[places[, 1]])
  A <- matrix(0, p, k); std <- standardizedSolution(fit)
  for (m in seq_len(nrow(places))) A[places[m, 1], places[m, 2]] <- std$est.std[std$lhs == paste0("f", places[m, 2]) & std$op == "=~" & std$rhs == items[places[m, 1]]]
  V_loadings <- V[names_of, names_of]
  W <- ifelse(is.na(target), 0, 1); Target <- ifelse(is.na(target), 0, target)
  methods <- list(oblimin = list(oblimin), oblimin_gamma = list(oblimin, gam = -0.5), oblimin_kaiser = list(oblimin, normalize = TRUE),
                  geomin_q = list(geominQ), geomin_q_kaiser = list(geominQ, normalize = TRUE), target_q = list(pstQ, W = W, Target = Target),
                  varimax = list(Varimax), varimax_kaiser = list(Varimax, normalize = TRUE), quartimax = list(quartimax), geomin_t = list(geominT),
                  target_t = list(pstT, W = W, Target = Target))
  out <- list()
  for (name in names(methods)) {
    turn <- function(a, start, maxit) quiet(do.call(methods[[name]][[1]], c(list(a, Tmat = start, eps = 1e-8, maxit = maxit), methods[[name]][-1])))
    # the golden transformation belongs to factanal's loadings a0: a0 inv(T0)' = A inv(T)'
    a0 <- grid[[s$name]]$extraction$ml$loadings
    T0 <- grid[[s$name]]$extraction$ml$rotations[[name]]$T
    rotated <- a0 %*% t(solve(T0))
    start <- t(solve(qr.coef(qr(A), rotated)))
    start <- start %*% diag(1 / sqrt(colSums(start^2)))
    base <- turn(A, start, 300)
    pair <- function(got) c(got$loadings, if (!is.null(got$Phi)) got$Phi[upper.tri(got$Phi)])
    h <- 1e-3
    J <- sapply(seq_len(nrow(places)), function(m) {
      step <- A * 0; step[places[m, 1], places[m, 2]] <- h
      (pair(turn(A + step, base$Th, 60)) - pair(turn(A - step, base$Th, 60))) / (2 * h)
    })
    se <- sqrt(rowSums((J %*% V_loadings) * J))
    phi <- if (is.null(base$Phi)) diag(k) else base$Phi
    phi_se <- matrix(0, k, k)
    if (!is.null(base$Phi)) { phi_se[upper.tri(phi_se)] <- se[-seq_len(p * k)]; phi_se <- phi_se + t(phi_se) }
    out[[name]] <- list(pattern = plain(base$loadings), phi = plain(phi), pattern_se = plain(matrix(se[seq_len(p * k)], p, k)), phi_se = phi_se)
  }
  uniqueness <- paste0(items, "~~", items)
  list(uniqueness_se = unname(sqrt(diag(V[uniqueness, uniqueness]))), rotations = out)
}

result <- list()
for (name in names(matrices)) {
  s <- c(matrices[[name]], name = name)
  result[[name]] <- list(delta = by_delta(s, grid[[name]]$extraction$ml$target), efa = by_efa(s))
  cat(name, "\n")
}
write_json(result, "tests/golden/factors/lavaan.json", digits = 7, auto_unbox = TRUE, matrix = "rowmajor", na = "null")
