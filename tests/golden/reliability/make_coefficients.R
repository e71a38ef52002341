# Bounds, split halves, ordinal alpha and more by psych on the shared data sets. Run from the project's root:
# Rscript tests/golden/reliability/make_coefficients.R
suppressMessages({library(psych); library(jsonlite)})
read <- function(name) read.csv(file.path("tests/golden/data", paste0(name, ".csv")))
quiet <- function(x) suppressMessages(suppressWarnings(x))

# every split into halves, also of an odd number of items, of which psych::splitHalf leaves out one half
splits <- function(v) {
  k <- ncol(v)
  m <- k %/% 2
  sets <- combn(k, m)
  if (k %% 2 == 0) sets <- sets[, sets[1, ] == 1, drop = FALSE]
  apply(sets, 2, function(a) 4 * sum(v[a, -a]) / sum(v))
}

bounds <- function(v) {
  k <- ncol(v)
  half <- quiet(splitHalf(v, covar = TRUE, check.keys = FALSE, raw = TRUE, brute = k <= 16))
  all <- if (k <= 16) splits(v)
  list(lambda2 = half$lambda2, lambda6 = half$lambda6, psych_maximum = half$maxrb, psych_minimum = half$minrb,
       psych_mean = half$meanr, psych_quantiles = if (k <= 16) as.numeric(half$ci), maximum = max(all, half$maxrb),
       minimum = if (k <= 16) min(all), mean = if (k <= 16) mean(all),
       quantiles = if (k <= 16) as.numeric(quantile(all, c(.025, .5, .975))))
}

raw <- lapply(c(likert5 = "likert5", binary = "binary", unequal = "unequal", likert7_missing = "likert7_missing"), function(name) {
  answers <- read(name)
  x <- answers[complete.cases(answers), ]
  a <- quiet(alpha(x))
  # guttman() samples splits beyond 10,000 of them, so its lambda 4 is not kept
  g <- quiet(guttman(cor(x)))
  polychorics <- quiet(polychoric(x, correct = 0, max.cat = 20)$rho)
  loadings_left_out <- sapply(seq_len(ncol(x)), function(j) {
    r <- cor(x[, -j]); s <- sapply(x[, -j], sd)
    off <- function(l) sum((r - tcrossprod(l))[lower.tri(r)]^2)
    l <- optim(fa(r, fm = "minres")$loadings[, 1], off, method = "BFGS",
               gr = function(l) { e <- r - tcrossprod(l); diag(e) <- 0; -2 * drop(e %*% l) },
               control = list(reltol = 1e-16, maxit = 10000))$par
    sum(s * l)^2 / (sum(s * l)^2 + sum(s^2 * (1 - l^2)))  # McDonald (1999), eq. 6.20b
  })
  list(n = nrow(x), covariances = bounds(cov(x)), correlations = bounds(cor(x)), guttman_lambda2 = g$lambda.2,
       guttman_lambda6 = g$lambda.6, alpha_g6 = a$total$`G6(smc)`,
       alpha_ordinal = quiet(alpha(polychorics))$total$raw_alpha, omega_if_dropped = loadings_left_out,
       # the mean score's standard error of measurement (total sd times root of error, over the number of items)
       sem = sd(rowMeans(x)) * sqrt(1 - a$total$raw_alpha))
})

# missing answers: pairwise covariances, as psych::alpha by default
answers <- read("likert7_missing")
a <- quiet(alpha(answers))
pairwise <- list(alpha = a$total$raw_alpha, alpha_standardized = a$total$std.alpha, mean_inter_item_r = a$total$average_r,
                 alpha_if_dropped = a$alpha.drop$raw_alpha, item_rest_r = a$item.stats$r.drop,
                 g6 = a$total$`G6(smc)`, harmonic_n = 1 / mean(1 / pairwiseCount(answers)[lower.tri(diag(ncol(answers)))]),
                 alpha_ordinal = {
                   r <- lavaan::lavCor(answers, ordered = names(answers), missing = "pairwise")
                   quiet(alpha(matrix(unclass(r), ncol(r), dimnames = dimnames(r))))$total$raw_alpha
                 },
                 alpha_em = quiet(alpha(corFiml(answers, covar = TRUE)$cov))$total$raw_alpha,
                 response_frequencies = unname(a$response.freq[, 1:7]))
version <- list(R = as.character(getRversion()), psych = as.character(packageVersion("psych")),
                lavaan = as.character(packageVersion("lavaan")))
write_json(list(version = version, raw = raw, pairwise = pairwise), "tests/golden/reliability/coefficients.json",
           digits = NA, auto_unbox = TRUE, pretty = TRUE, null = "null")
