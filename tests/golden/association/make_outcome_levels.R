# Makes outcome_levels.json; run in this folder: Rscript make_outcome_levels.R
suppressMessages({library(lme4); library(clubSandwich); library(jsonlite)})
control <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10, maxfun = 1e5), calc.derivs = FALSE)
variances <- function(fit) c(as.numeric(VarCorr(fit)$therapist), sigma(fit)^2)

# Rights & Sterba (2019), written out: variance of the fixed part within and between, of the intercepts, of the residuals
parts <- function(fit, data, terms) {
  v <- variances(fit)
  w <- b <- rep(0, nrow(data))
  for (term in terms) {
    means <- ave(data[[term]], data$therapist)
    w <- w + fixef(fit)[[term]] * (data[[term]] - means)
    b <- b + fixef(fit)[[term]] * means
  }
  whole <- var(w) + var(b) + sum(v)
  list(therapist_share = v[1] / sum(v), r2_within = var(w) / whole, r2_between = var(b) / whole, r2_therapist = v[1] / whole)
}

analyse <- function(alliance, outcome, therapist, baseline = NULL) {
  data <- data.frame(alliance, outcome, therapist)
  if (!is.null(baseline)) data$baseline <- baseline
  data <- na.omit(data)
  data$between <- ave(data$alliance, data$therapist)
  data$within <- data$alliance - data$between
  held <- if (is.null(baseline)) character() else "baseline"
  fit_of <- function(terms, y = "outcome")
    lmer(as.formula(paste(y, "~", paste(c("1", terms), collapse = " + "), "+ (1 | therapist)")), data, control = control)
  fit <- fit_of(c(held, "within", "between"))
  before <- fit_of(held)
  k <- length(fixef(fit))
  rows <- list(within_slope = c(rep(0, k - 2), 1, 0), between_slope = c(rep(0, k - 1), 1), context_effect = c(rep(0, k - 2), -1, 1))
  slopes <- lapply(rows, function(weights) {
    found <- linear_contrast(fit, vcov = "CR2", contrasts = matrix(weights, 1), test = "Satterthwaite", p_values = TRUE)
    list(estimate = found$Est, se = found$SE, df = found$df, lower = found$CI_L, upper = found$CI_U, p = found$p_val)
  })
  v <- variances(fit_of(character(), "alliance"))
  sizes <- table(data$therapist)
  se <- sqrt(diag(as.matrix(vcov(fit))))[["within"]]
  list(n = nrow(data), therapists = length(sizes), slopes = slopes, standardized_by = sd(data$alliance) / sd(data$outcome),
       t_model = fixef(fit)[["within"]] / se, reliability = mean(v[1] / (v[1] + v[2] / sizes)),
       reliability_of = setNames(as.list(v[1] / (v[1] + v[2] / sort(unique(as.vector(sizes))))), sort(unique(as.vector(sizes)))),
       before = parts(before, data, held), after = parts(fit, data, c(held, "within", "between")))
}

shipped <- read.csv("outcome_scores.csv")
example <- read.csv("../../../scripts/psychometrics/example_answers.csv")
found <- lapply(setNames(nm = names(shipped)[2:6]), function(form) analyse(shipped[[form]], shipped$outcome, shipped$therapist, shipped$baseline))
items <- grep("^wai_[0-9]", names(example))
found$library <- analyse(rowMeans(example[items], na.rm = TRUE), example$outcome, example$therapist)
# low outliers below two standard deviations dropped
a <- shipped$wai_s_client
complete <- complete.cases(a, shipped$outcome, shipped$baseline)
limit <- mean(a[complete]) - 2 * sd(a[complete])
found$dropped <- analyse(ifelse(a < limit, NA, a), shipped$outcome, shipped$therapist, shipped$baseline)
found$winsorized <- analyse(pmax(a, limit), shipped$outcome, shipped$therapist, shipped$baseline)
write(toJSON(found, auto_unbox = TRUE, digits = 12, pretty = TRUE), "outcome_levels.json")
