# Golden numbers of two perspectives (psych, nlme, lme4). Run from the project's root:
# Rscript tests/golden/perspectives/make.R
suppressMessages({library(psych); library(nlme); library(lme4); library(jsonlite)})
here <- "tests/golden/perspectives"

# simulated: 24 therapists with 2 to 9 clients each, 4 sessions, some ratings missing
set.seed(163)
clients <- rep(1:24, times = sample(2:9, 24, replace = TRUE))
d <- expand.grid(session = 1:4, client = seq_along(clients))
d$therapist <- clients[d$client]
draw <- function(n, m) matrix(rnorm(2 * n), n) %*% chol(m)
T <- draw(24, matrix(c(.15, .10, .10, .40), 2)); D <- draw(length(clients), matrix(c(.50, .15, .15, .30), 2))
S <- draw(nrow(d), matrix(c(.30, .06, .06, .25), 2))
d[c("by_client", "by_therapist")] <- round(rep(c(5.6, 5.2), each = nrow(d)) + T[d$therapist, ] + D[d$client, ] + S, 3)
for (who in c("by_client", "by_therapist")) d[[who]][runif(nrow(d)) < .12] <- NA
d <- d[!(is.na(d$by_client) & is.na(d$by_therapist)), c("therapist", "client", "session", "by_client", "by_therapist")]
write.csv(d, file.path(here, "dyads.csv"), row.names = FALSE, na = "")

# the example of the library: once
answers <- read.csv("scripts/psychometrics/example_answers.csv")
example <- data.frame(answers[c("therapist", "client")], session = 1,
                      by_client = rowMeans(answers[grep("^wai_[0-9]", names(answers))], na.rm = TRUE),
                      by_therapist = answers$wai_therapist)
example$by_client[is.nan(example$by_client)] <- NA

agreement <- function(x, y) {
  both <- complete.cases(x, y); x <- x[both]; y <- y[both]; n <- length(x)
  icc <- ICC(cbind(x, y), lmer = FALSE)$results
  apart <- x - y
  list(n = n, paired_mean = c(mean(x), mean(y)), paired_sd = c(sd(x), sd(y)), mean_difference = mean(apart),
       d_pooled = mean(apart) / sqrt((var(x) + var(y)) / 2), d_difference = mean(apart) / sd(apart),
       sd_ratio = sd(x) / sd(y), r_pearson = cor(x, y), icc_a1 = icc["Single_random_raters", "ICC"],
       icc_c1 = icc["Single_fixed_raters", "ICC"],
       # Lin (1989), written out: his S have the divisor n (epiR is not installed here)
       concordance = 2 * cov(x, y) * (n - 1) / n / ((var(x) + var(y)) * (n - 1) / n + mean(apart)^2),
       agreement_limit_lower = mean(apart) - qnorm(.975) * sd(apart), agreement_limit_upper = mean(apart) + qnorm(.975) * sd(apart))
}
# the jackknife over therapists, written out, on the scale of Fisher's z
left_out_z <- function(frame, of) {
  units <- unique(frame$therapist)
  z <- sapply(units, function(u) with(frame[frame$therapist != u, ], atanh(agreement(by_client, by_therapist)[[of]])))
  G <- length(units)
  error <- sqrt((G - 1) / G * sum((z - mean(z))^2))
  tanh(with(frame, atanh(agreement(by_client, by_therapist)[[of]])) + c(-1, 1) * qt(.975, G - 1) * error)
}

tight <- lmeControl(opt = "nlminb", msMaxIter = 2000, msMaxEval = 5000, maxIter = 500, msTol = 1e-13, tolerance = 1e-10)
tight_lmer <- lmerControl(optimizer = "nloptwrap", calc.derivs = FALSE, check.conv.singular = "ignore",
  optCtrl = list(algorithm = "NLOPT_LN_BOBYQA", xtol_abs = 1e-12, ftol_abs = 1e-14, xtol_rel = 1e-12, ftol_rel = 1e-15, maxeval = 50000))
stacked <- function(frame) {
  long <- rbind(data.frame(frame[c("therapist", "client", "session")], role = "client", y = frame$by_client),
                data.frame(frame[c("therapist", "client", "session")], role = "therapist", y = frame$by_therapist))
  long <- na.omit(long)
  long[order(long$therapist, long$client, long$session, long$role), ]
}
block <- function(m) { m <- as.matrix(m); list(variance = unname(diag(m)), correlation = unname(cov2cor(m)[1, 2])) }
many <- function(frame, sessions) {
  long <- stacked(frame)
  within <- if (sessions) ~ 1 | therapist/client/session else ~ 1 | therapist/client
  random <- if (sessions) list(therapist = ~ 0 + role, client = ~ 0 + role) else list(therapist = ~ 0 + role)
  fit <- lme(y ~ 0 + role, random = random, correlation = corSymm(form = within), weights = varIdent(form = ~ 1 | role),
             data = long, control = tight)
  ratios <- coef(fit$modelStruct$varStruct, unconstrained = FALSE, allCoef = TRUE)[c("client", "therapist")]
  out <- list(n = nrow(long), criterion = -2 * as.numeric(logLik(fit)), role_mean = unname(fixef(fit)),
              lowest = list(variance = unname(fit$sigma^2 * ratios^2),
                            correlation = unname(coef(fit$modelStruct$corStruct, unconstrained = FALSE))))
  for (name in names(random)) out[[name]] <- block(pdMatrix(fit$modelStruct$reStruct)[[name]] * fit$sigma^2)
  out
}
apart <- d$by_client - d$by_therapist
levels_fit <- as.data.frame(VarCorr(lmer(apart ~ 1 + (1 | therapist / client), data = d, control = tight_lmer)))
first <- d[d$session == 1, ]
golden <- list(
  level = list(example = agreement(example$by_client, example$by_therapist), dyads = agreement(first$by_client, first$by_therapist)),
  jackknife = list(icc_a1 = left_out_z(example[complete.cases(example), ], "icc_a1"),
                   concordance = left_out_z(example[complete.cases(example), ], "concordance")),
  difference = as.list(setNames(levels_fit$vcov, c("client", "therapist", "session"))),
  many = list(example = many(example, FALSE), dyads = many(d, TRUE)),
  versions = list(R = R.version.string, psych = as.character(packageVersion("psych")),
                  nlme = as.character(packageVersion("nlme")), lme4 = as.character(packageVersion("lme4"))))
write_json(golden, file.path(here, "perspectives.json"), digits = NA, auto_unbox = TRUE, pretty = TRUE)
