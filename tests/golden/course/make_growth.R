# Growth, variance over a course and dropout by lme4, nlme and clubSandwich. Run from the project's root:
# Rscript tests/golden/course/make_growth.R
suppressMessages({library(lme4); library(nlme); library(clubSandwich); library(jsonlite)})

HERE <- "tests/golden/course"

simulated <- function() {
  set.seed(17)
  therapists <- 14; dyads <- 84; sessions <- 9
  therapist <- (seq_len(dyads) - 1) %% therapists + 1
  level <- 0.4 * rnorm(therapists)[therapist] + 0.6 * rnorm(dyads)
  slope <- 0.12 * rnorm(dyads)
  dropped <- seq_len(dyads) %% 4 == 0
  rows <- expand.grid(session = seq_len(sessions), client = seq_len(dyads))
  e <- unlist(lapply(seq_len(dyads), function(i) as.numeric(arima.sim(list(ar = 0.4), sessions)) * 0.45))
  time <- rows$session - 1
  rows$score <- 4.5 + 0.25 * pmin(time, 4) + level[rows$client] + slope[rows$client] * time + e
  rows$score <- round(rows$score, 3)
  rows$therapist <- therapist[rows$client]
  rows$ended <- ifelse(dropped[rows$client], "dropped", "planned")
  rows <- rows[runif(nrow(rows)) < 0.85 & (!dropped[rows$client] | rows$session <= 5), ]
  rows[, c("client", "therapist", "session", "score", "ended")]
}

write.csv(simulated(), file.path(HERE, "growth.csv"), row.names = FALSE)
own <- read.csv(file.path(HERE, "growth.csv"))
own$dyad <- own$client; own$time <- own$session
sleep <- read.csv("tests/golden/mixed_models/sleepstudy.csv")
sleep <- data.frame(dyad = sleep$Subject, session = sleep$Days + 1, time = sleep$Days, score = sleep$Reaction)
ortho <- read.csv("tests/golden/mixed_models/orthodont.csv")
ortho <- data.frame(dyad = ortho$subject, session = ortho$age, time = ortho$age, score = ortho$distance)

exact <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10, maxfun = 1e6), calc.derivs = FALSE,
                     check.conv.singular = "ignore")
fit <- function(formula, data, REML) suppressMessages(lmer(as.formula(formula), data, REML = REML, control = exact))
aicc <- function(model) {
  k <- attr(logLik(model), "df"); n <- nobs(model)
  AIC(model) + 2 * k * (k + 1) / (n - k - 1)
}

describe <- function(data, shape, bound = NA) {
  data$t <- data$time - min(data$time)
  data$l <- log1p(data$t); data$q <- data$t^2
  data$b <- pmin(data$t, bound - min(data$time)); data$a <- pmax(data$t - (bound - min(data$time)), 0)
  above <- if (is.null(data$therapist)) "" else " + (1 | therapist)"
  ml <- c(none = "score ~ 1 + (1 | dyad)", linear = "score ~ t + (t | dyad)", log = "score ~ l + (l | dyad)",
          quadratic = "score ~ t + q + (t | dyad)")
  if (!is.na(bound)) ml["two-piece"] <- "score ~ b + a + (b + a | dyad)"
  criteria <- sapply(ml, function(formula) aicc(fit(paste0(formula, above), data, FALSE)))
  with_slopes <- c(linear = "score ~ t + (t | dyad)", log = "score ~ l + (l | dyad)",
                   "two-piece" = "score ~ b + a + (b + a | dyad)")[[shape]]
  model <- fit(paste0(with_slopes, above), data, TRUE)
  without <- fit(paste0(sub("\\(.*\\| dyad", "(1 | dyad", with_slopes), above), data, TRUE)
  last <- tapply(data$t, data$dyad, max); horizon <- median(last)
  terms <- names(fixef(model))[-1]
  at <- function(t) c(t = t, l = log1p(t), b = min(t, bound - min(data$time)), a = max(t - (bound - min(data$time)), 0))[terms]
  step <- at(horizon) - at(0)
  cluster <- if (is.null(data$therapist)) data$dyad else data$therapist
  contrast <- linear_contrast(model, vcov = "CR2", contrasts = matrix(c(0, step), 1), cluster = cluster,
                              test = "Satterthwaite", level = 0.95)
  psi <- as.matrix(VarCorr(model)$dyad)
  change <- as.numeric(t(c(0, step)) %*% psi %*% c(0, step))
  error <- sapply(split(data, data$dyad), function(d) {
    z <- cbind(1, as.matrix(d[, terms, drop = FALSE]))
    if (qr(z)$rank < ncol(z)) return(NA)
    as.numeric(t(c(0, step)) %*% solve(crossprod(z)) %*% c(0, step))
  })
  error <- error[!is.na(error)]
  first <- data$score[data$session == min(data$session)]
  list(
    aicc = as.list(criteria - min(criteria)),
    change = contrast$Est, se = contrast$SE, df = contrast$df, lower = contrast$CI_L, upper = contrast$CI_U,
    change_d = contrast$Est / sd(first), level = fixef(model)[[1]], level_sd = sqrt(psi[1, 1]),
    slope_sd = sqrt(change) / horizon,
    level_slope_r = as.numeric(psi[1, ] %*% c(0, step)) / sqrt(psi[1, 1] * change),
    reliability = mean(change / (change + sigma(model)^2 * error)), dyads = length(error),
    therapist_sd = if (is.null(data$therapist)) NULL else attr(VarCorr(model)$therapist, "stddev")[[1]],
    ratio = if (length(terms) == 1) 2 * as.numeric(logLik(model) - logLik(without)) else NULL
  )
}

variance <- function(data) {
  data$dyad <- factor(data$dyad)
  nested <- !is.null(data$therapist)
  formula <- if (nested) "score ~ factor(session) + (1 | therapist) + (1 | dyad)" else "score ~ factor(session) + (1 | dyad)"
  model <- fit(formula, data, TRUE)
  parts <- as.data.frame(VarCorr(model)); shares <- parts$vcov / sum(parts$vcov); names(shares) <- parts$grp
  control <- lmeControl(opt = "nlminb", tolerance = 1e-12, msTol = 1e-14, maxIter = 500, msMaxIter = 500)
  random <- if (nested) list(therapist = ~ 1, dyad = ~ 1) else list(dyad = ~ 1)
  form <- if (nested) ~ time | therapist/dyad else ~ time | dyad
  serial <- lme(score ~ factor(session), data, random = random, correlation = corAR1(0.3, form = form), control = control)
  list(shares = as.list(shares), phi = as.numeric(coef(serial$modelStruct$corStruct, unconstrained = FALSE)),
       serial = list(dyad = as.numeric(VarCorr(serial)[if (nested) 4 else 1, 1]), session = serial$sigma^2,
                     therapist = if (nested) as.numeric(VarCorr(serial)[2, 1]) else NULL))
}

ending <- function(data) {
  data$t <- data$time - min(data$time); data$dropped <- as.numeric(data$ended == "dropped")
  last <- tapply(data$t, data$dyad, max); by <- tapply(data$ended, data$dyad, unique)
  until <- min(median(last), tapply(last, by, median))
  model <- fit("score ~ t + dropped + t:dropped + (t | dyad) + (1 | therapist)", data, TRUE)
  both <- linear_contrast(model, vcov = "CR2", contrasts = rbind(c(0, until, 0, 0), c(0, until, 0, until), c(0, 0, 0, until)),
                          cluster = data$therapist, test = "Satterthwaite", level = 0.95)
  list(until = until, change = both$Est, se = both$SE, df = both$df)
}

serial <- function(data) {
  data$t <- data$time - min(data$time); data$q <- data$t^2
  control <- lmeControl(opt = "nlminb", tolerance = 1e-10, msTol = 1e-12, maxIter = 500, msMaxIter = 500)
  model <- lme(score ~ t + q, data, random = list(therapist = ~ 1, dyad = ~ t),
               correlation = corAR1(0.3, form = ~ time | therapist/dyad), control = control)
  list(phi = as.numeric(coef(model$modelStruct$corStruct, unconstrained = FALSE)),
       slope_sd = sqrt(as.matrix(pdMatrix(model$modelStruct$reStruct$dyad))[2, 2]) * model$sigma)
}

found <- list(
  serial = serial(own),
  growth = list(own = describe(own, "two-piece", 5), sleepstudy = describe(sleep, "linear"),
                orthodont = describe(ortho, "linear")),
  ending = ending(own),
  variance = list(own = variance(own), sleepstudy = variance(sleep), orthodont = variance(ortho))
)
write(toJSON(found, digits = 12, auto_unbox = TRUE, pretty = TRUE), file.path(HERE, "growth.json"))
