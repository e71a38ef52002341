# Golden numbers of planning (pwr, psych, lavaan). From the project's root: Rscript tests/golden/planning/make.R
suppressPackageStartupMessages({library(pwr); library(psych); library(lavaan); library(jsonlite)})
result <- list()
cases <- expand.grid(df = c(4, 38, 199), ratio = c(0.5, 2, 3.5, 9))
result$slopes <- lapply(seq_len(nrow(cases)), function(i) {
  n <- cases$df[i] + 1
  list(df = cases$df[i], ratio = cases$ratio[i],
       power = pwr.t.test(n = n, d = cases$ratio[i] / sqrt(n), type = "one.sample")$power)
})
# independent clients: Fisher's interval
result$r <- lapply(c(60, 350), function(n) list(n = n, limits = r.con(.28, n, p = .95)))
# Bonett (2002) by hand, and Feldt's interval of psych beside it, which is much the same
k <- 12
result$alpha <- lapply(c(60, 350), function(n) {
  half <- qnorm(.975) * sqrt(2 * k / ((k - 1) * (n - 2)))
  limits <- 1 - exp(log(1 - .9) + c(half, -half))
  feldt <- unlist(alpha.ci(.9, n.obs = n, n.var = k, digits = 8)[c("lower.ci", "upper.ci")])
  list(n = n, half = diff(limits) / 2, feldt = unname(diff(feldt) / 2))
})
# the panel of assumed values: its covariances, and the standard error that lavaan gives a sample that has just these
panel_se <- function(sessions, n, carried = .35, lag = .10, r = -.20, stable = .50) {
  own <- matrix(c(carried, lag, 0, carried), 2)
  within <- matrix(c(1, r, r, 1), 2)
  names <- c(paste0("a", 1:sessions), paste0("s", 1:sessions))
  cov <- matrix(0, 2 * sessions, 2 * sessions, dimnames = list(names, names))
  for (t in 1:sessions) for (u in t:sessions) {
    power <- diag(2)
    if (u > t) for (k in 1:(u - t)) power <- own %*% power
    block <- power %*% within + stable / (1 - stable) * diag(2)
    at <- function(x) c(paste0("a", x), paste0("s", x))
    cov[at(u), at(t)] <- block
    cov[at(t), at(u)] <- t(block)
  }
  text <- c(sprintf("ia =~ %s", paste0("1*a", 1:sessions, collapse = " + ")), sprintf("is =~ %s", paste0("1*s", 1:sessions, collapse = " + ")))
  for (v in c("a", "s")) text <- c(text, sprintf("w%s%d =~ 1*%s%d", v, 1:sessions, v, 1:sessions), sprintf("%s%d ~~ 0*%s%d", v, 1:sessions, v, 1:sessions))
  for (t in 2:sessions) text <- c(text, sprintf("wa%d ~ ca*wa%d + la*ws%d", t, t - 1, t - 1), sprintf("ws%d ~ cs*ws%d + ls*wa%d", t, t - 1, t - 1))
  text <- c(text, sprintf("wa%d ~~ ws%d", 1:sessions, 1:sessions), "ia ~~ is", "ia + is ~~ 0*wa1 + 0*ws1")
  fit <- sem(paste(text, collapse = "\n"), sample.cov = cov, sample.mean = rep(0, 2 * sessions), sample.nobs = n, sample.cov.rescale = FALSE, meanstructure = TRUE)
  own <- parameterEstimates(fit)
  own[own$label == "ls", ][1, c("est", "se")]
}
result$lags <- lapply(c(3, 4, 6), function(sessions) {
  found <- panel_se(sessions, 240)
  list(sessions = sessions, n = 240, est = found$est, se = found$se)
})
write_json(result, "tests/golden/planning/planning.json", digits = 10, auto_unbox = TRUE, pretty = TRUE)
