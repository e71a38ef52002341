# Golden numbers on ruptures, shape and classes of courses; run in this folder: Rscript make_ruptures.R
# Writes ruptures.csv (60 simulated dyads with 3 to 14 rated sessions), and ruptures.json.
suppressMessages({library(nlme); library(psych); library(jsonlite)})
set.seed(20)
rows <- do.call(rbind, lapply(1:60, function(dyad) {
  last <- sample(4:14, 1)
  session <- sort(sample(1:last, max(3, round(0.9 * last))))
  a <- rnorm(1, 5, 0.6); b <- rnorm(1, 0.05, 0.06)
  e <- as.numeric(arima.sim(list(ar = 0.4), last, sd = 0.5))
  rating <- pmin(7, pmax(1, round((a + b * session + e[session]) * 12) / 12))
  data.frame(dyad, session, rating)
}))
outcome <- round(tapply(rows$rating, rows$dyad, mean) + rnorm(60), 3)
rows$outcome <- outcome[rows$dyad]
write.csv(rows, "ruptures.csv", row.names = FALSE)
by <- split(rows, rows$dyad)

# individuals and moving range chart, as qcc::qcc(type = "xbar.one") computes its limits, with d2 = 1.128
chart <- lapply(by, function(d) d$rating < mean(d$rating) - 1.5 * mean(abs(diff(d$rating))) / 1.128)
chart_preceding <- lapply(by, function(d) sapply(seq_len(nrow(d)), function(i) {
  if (i < 4) return(NA)
  p <- d$rating[1:(i - 1)]
  d$rating[i] < mean(p) - 3 * mean(abs(diff(p))) / 1.128
}))
# drops below the own line
fits <- lapply(by, function(d) lm(rating ~ session, d))
long <- sapply(by, nrow) >= 4
within <- sapply(fits, function(f) summary(f)$sigma)
pooled <- sqrt(sum(sapply(fits[long], deviance)) / sum(sapply(fits[long], df.residual)))
drop <- function(c, s) mapply(function(f, s) unname(residuals(f) < -c * s), fits, s, SIMPLIFY = FALSE)
drop_within <- drop(1, within); drop_pooled <- drop(1, rep(pooled, 60)); drop_stricter <- drop(1, pmax(within, pooled))
# reliable falls, reliability of change .7, level of up to three sessions before
means <- lapply(by[long], function(d) lm(rating ~ 1, d))
error <- sqrt((1 - 0.7) * sum(sapply(means, deviance)) / sum(sapply(means, df.residual)))
fall <- lapply(by, function(d) sapply(seq_len(nrow(d)), function(i) {
  if (i < 2) return(NA)
  p <- tail(d$rating[1:(i - 1)], 3)
  mean(p) - d$rating[i] > 1.96 * error * sqrt(1 + 1 / length(p))
}))
flagged <- function(x) sapply(seq_along(x)[long], function(i) sum(x[[i]], na.rm = TRUE))
k <- cohen.kappa(cbind(unlist(drop_within[long]), unlist(drop_pooled[long])) * 1)$kappa

# number of ruptures and outcome
runs <- sapply(drop_pooled[long], function(x) sum(rle(x)$values))
people <- data.frame(x = runs, y = as.numeric(outcome)[long], s = sapply(by, nrow)[long],
                     m = sapply(by, function(d) mean(d$rating))[long])
partial <- partial.r(people, c("x", "y"), "s")[1, 2]
given_mean <- partial.r(people, c("x", "y"), c("s", "m"))[1, 2]

# growth model with AR(1) over session numbers
d <- do.call(rbind, by[long]); d$time <- d$session - mean(d$session)
growth <- lme(rating ~ time, random = ~ time | dyad, correlation = corAR1(0.3, form = ~ session | dyad), data = d,
              control = lmeControl(maxIter = 500, msMaxIter = 500, msTol = 1e-12, tolerance = 1e-10))
psi <- as.matrix(getVarCov(growth))

# descriptors, and halves
five <- by[sapply(by, nrow) >= 6]
quadratic <- sapply(five, function(d) unname(coef(lm(rating ~ session + I(session^2), d))[3]))
half <- function(what, keep) sapply(by, function(d) what(d[seq(keep, nrow(d), 2), ]))
slope <- function(d) if (nrow(d) < 2) NA else unname(coef(lm(rating ~ session, d))[2])
r_mean <- cor(half(function(d) mean(d$rating), 1), half(function(d) mean(d$rating), 2), use = "complete")
r_slope <- cor(half(slope, 1), half(slope, 2), use = "complete")
sd_trend <- sapply(five, function(d) summary(lm(rating ~ session, d))$sigma)

# two classes of straight lines: the likelihood written out, maximized by optim from the best of many starts
loglik <- function(p) {
  share <- plogis(p[1]); s <- exp(p[6])
  -sum(sapply(by, function(d) {
    t <- d$session - mean(rows$session)
    one <- sum(dnorm(d$rating, p[2] + p[3] * t, s, log = TRUE)) + log(share)
    two <- sum(dnorm(d$rating, p[4] + p[5] * t, s, log = TRUE)) + log(1 - share)
    top <- max(one, two); top + log(exp(one - top) + exp(two - top))
  }))
}
best <- NULL
for (start in 1:8) {
  p <- c(rnorm(1), rnorm(1, 4.5, 0.4), rnorm(1, 0, 0.05), rnorm(1, 5.8, 0.4), rnorm(1, 0, 0.05), log(0.6))
  f <- optim(p, loglik, method = "BFGS", control = list(maxit = 2000, reltol = 1e-13))
  if (is.null(best) || f$value < best$value) best <- f
}
write(toJSON(list(
  R = paste(R.version$major, R.version$minor, sep = "."),
  chart = flagged(chart), chart_preceding = flagged(chart_preceding), drop_within = flagged(drop_within),
  drop_pooled = flagged(drop_pooled), drop_stricter = flagged(drop_stricter), fall = flagged(fall),
  pooled = pooled, error = error, kappa = k, runs = unname(runs),
  r = cor(people$x, people$y), partial = partial, given_mean = given_mean,
  fixed = unname(fixef(growth)), psi = c(psi[1, 1], psi[1, 2], psi[2, 2]), residual = growth$sigma^2,
  phi = unname(coef(growth$modelStruct$corStruct, unconstrained = FALSE)), log_lik = as.numeric(logLik(growth)),
  quadratic = unname(quadratic), r_mean = r_mean, r_slope = r_slope, sd_trend = unname(sd_trend),
  two_classes = -best$value, smallest = min(plogis(best$par[1]), 1 - plogis(best$par[1]))
), digits = 12, auto_unbox = TRUE, pretty = TRUE), "ruptures.json")
