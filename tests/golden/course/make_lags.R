# Lagged models by lavaan and lm. From the project's root: Rscript tests/golden/course/make_lags.R
suppressPackageStartupMessages({library(lavaan); library(clubSandwich); library(jsonlite)})
folder <- "tests/golden/course"
long <- read.csv(file.path(folder, "lags.csv"))
sessions <- 5
wide <- reshape(long, idvar = c("client", "therapist"), timevar = "session", direction = "wide", sep = "")
names(wide) <- sub("^alliance", "a", sub("^symptoms", "s", names(wide)))

sigma2 <- function(name) {
  d <- long[!is.na(long[[name]]), ]
  summary(lm(d[[name]] ~ factor(d$client) + factor(d$session)))$sigma^2
}
known <- c(a = 0.3, s = 0.2) * c(sigma2("alliance"), sigma2("symptoms"))

# Hamaker, Kuiper & Grasman (2015)
panel <- function(n, equal = TRUE, trend = FALSE, error = c(a = 0, s = 0)) {
  text <- c()
  for (v in c("a", "s")) {
    text <- c(text, sprintf("i%s =~ %s", v, paste0("1*", v, 1:n, collapse = " + ")))
    if (trend) text <- c(text, sprintf("g%s =~ %s", v, paste0(0:(n - 1), "*", v, 1:n, collapse = " + ")))
    text <- c(text, sprintf("w%s%d =~ 1*%s%d", v, 1:n, v, 1:n), sprintf("%s%d ~~ %.12f*%s%d", v, 1:n, error[v], v, 1:n))
  }
  for (t in 2:n) {
    u <- if (equal) "" else paste0("_", t)
    text <- c(text, sprintf("wa%d ~ carried_a%s*wa%d + lag_a%s*ws%d", t, u, t - 1, u, t - 1),
              sprintf("ws%d ~ carried_s%s*ws%d + lag_s%s*wa%d", t, u, t - 1, u, t - 1))
  }
  text <- c(text, sprintf("wa%d ~~ ws%d", 1:n, 1:n), "ia ~~ is", "ia + is ~~ 0*wa1 + 0*ws1")
  if (trend) text <- c(text, "ga ~~ gs", "ia + is ~~ ga + gs", "ga + gs ~~ 0*wa1 + 0*ws1")
  paste(text, collapse = "\n")
}

# Allison, Williams & Moral-Benito (2017), both equations
dynamic <- function(n, trend = FALSE, error = c(a = 0, s = 0)) {
  p <- if (any(error > 0)) "z" else ""
  text <- c()
  effects <- c()
  for (v in c("a", "s")) {
    effects <- c(effects, paste0("e", v))
    text <- c(text, sprintf("e%s =~ %s", v, paste0("1*", p, v, 2:n, collapse = " + ")))
    if (trend) {
      effects <- c(effects, paste0("g", v))
      text <- c(text, sprintf("g%s =~ %s", v, paste0(0:(n - 2), "*", p, v, 2:n, collapse = " + ")))
    }
  }
  for (t in 2:n) {
    text <- c(text, sprintf("%sa%d ~ carried_a*%sa%d + lag_a*%ss%d", p, t, p, t - 1, p, t - 1),
              sprintf("%ss%d ~ carried_s*%ss%d + lag_s*%sa%d", p, t, p, t - 1, p, t - 1),
              sprintf("%sa%d ~~ %ss%d", p, t, p, t))
  }
  all <- c(paste0(p, c("a1", "s1")), effects)
  for (i in seq_along(all)) text <- c(text, sprintf("%s ~~ %s", all[i], all[i:length(all)]))
  if (p != "") for (v in c("a", "s")) {
    text <- c(text, sprintf("z%s%d =~ 1*%s%d", v, 1:n, v, 1:n), sprintf("%s%d ~~ %.12f*%s%d", v, 1:n, error[v], v, 1:n))
  }
  paste(text, collapse = "\n")
}

fitted <- function(model, ...) suppressWarnings(sem(model, ..., control = list(iter.max = 20000)))
mlr <- function(model) fitted(model, data = wide, missing = "fiml", estimator = "MLR", cluster = "therapist", meanstructure = TRUE)
found <- function(fit) {
  if (!lavInspect(fit, "converged")) return(NULL)
  own <- parameterEstimates(fit)
  own <- own[own$label != "" & !duplicated(own$label), ]
  standard <- standardizedSolution(fit, se = FALSE, zstat = FALSE, pvalue = FALSE, ci = FALSE)
  mean_of <- tapply(standard$est.std, standard$label, mean)
  list(labels = own$label, estimate = own$est, se = own$se, standardized = unname(mean_of[own$label]),
       chi_square = unname(fitMeasures(fit, intersect(c("chisq.scaled", "chisq"), names(fitMeasures(fit)))[1])),
       df = unname(fitMeasures(fit, "df")))
}
result <- list(sessions = sessions, known = unname(known), R = R.version.string, lavaan = as.character(packageVersion("lavaan")))
models <- list(
  cross_lagged_panel.as_observed = panel(sessions), cross_lagged_panel.detrended = panel(sessions, trend = TRUE),
  cross_lagged_panel.error_known = panel(sessions, error = known), dynamic_panel.as_observed = dynamic(sessions),
  dynamic_panel.detrended = dynamic(sessions, trend = TRUE), dynamic_panel.error_known = dynamic(sessions, error = known))
fits <- lapply(models, mlr)
result$own <- lapply(fits, found)
free <- mlr(panel(sessions, equal = FALSE))
test <- lavTestLRT(free, fits[[1]])
result$equal <- list(chi_square = test[2, "Chisq diff"], df = test[2, "Df diff"], p = test[2, "Pr(>Chisq)"])
headline <- standardizedSolution(fits[[1]])
headline <- headline[headline$lhs == "ia" & headline$rhs == "is", ]
result$intercepts <- list(r = headline$est.std, se = headline$se)
result$within_sd <- sqrt(unname(c(sigma2("alliance"), sigma2("symptoms"))))

# centred and detrended regression
lagged <- long
previous <- transform(long, session = session + 1)[, c("client", "session", "alliance", "symptoms")]
lagged <- merge(long, previous, by = c("client", "session"), suffixes = c("", "_lag"))
regression <- function(follows, leads, trend) {
  d <- lagged[complete.cases(lagged[, c(follows, paste0(follows, "_lag"), paste0(leads, "_lag"))]), ]
  d <- d[ave(d$session, d$client, FUN = length) >= if (trend) 3 else 2, ]
  d$y <- d[[follows]]; d$own <- d[[paste0(follows, "_lag")]]; d$other <- d[[paste0(leads, "_lag")]]
  # deviations by lm, so that clubSandwich has few columns; R Frisch-Waugh-Lovell
  centre <- if (trend) "factor(client) + factor(client):session + factor(session)" else "factor(client) + factor(session)"
  for (name in c("y", "own", "other")) d[[name]] <- resid(lm(as.formula(paste(name, "~", centre)), d))
  fit <- lm(y ~ 0 + own + other, d)
  list(estimate = unname(coef(fit)), se = unname(sqrt(diag(vcovCR(fit, d$therapist, "CR1")))), n = nrow(d))
}
result$regression <- list()
for (trend in c(FALSE, TRUE)) {
  result$regression[[if (trend) "detrended" else "as_observed"]] <- list(
    s = regression("symptoms", "alliance", trend), a = regression("alliance", "symptoms", trend))
}

# lavaan's own example of growth, four waves of two variables, whose moments alone are kept
data(Demo.growth)
pair <- Demo.growth[, c(paste0("t", 1:4), paste0("c", 1:4))]
names(pair) <- c(paste0("a", 1:4), paste0("s", 1:4))
other <- list(panel = panel(4), dynamic = dynamic(4))
result$growth <- list(n = nrow(pair), means = unname(colMeans(pair)), covariance = unname(cov(pair) * (nrow(pair) - 1) / nrow(pair)),
                      models = lapply(other, function(model) found(fitted(model, data = pair, meanstructure = TRUE))))
write_json(result, file.path(folder, "lags.json"), digits = 10, auto_unbox = TRUE, pretty = TRUE)
