# Makes outcome_sessions.csv and outcome_steps.json; run in this folder: Rscript make_outcome_steps.R
suppressMessages({library(lme4); library(nlme); library(lavaan); library(jsonlite)})

# ---- simulated clients of therapists, five sessions, symptoms before, at and after them ----
set.seed(20261128)
n <- 96
therapist <- rep(sprintf("t%02d", 1:16), c(2, 3, 4, 4, 5, 5, 6, 6, 6, 7, 7, 7, 8, 8, 9, 9))
own <- rnorm(16, 0, 0.4)[as.integer(factor(therapist))]
bond <- own + rnorm(n)
sessions <- 3:7
client <- sapply(sessions, function(s) round(5 + 0.05 * s + 0.7 * bond + rnorm(n, 0, 0.5), 2))
other <- sapply(sessions, function(s) round(5 + 0.4 * bond + rnorm(n, 0, 0.6), 2))
before <- round(rnorm(n, 30, 6), 1)
symptoms <- matrix(NA, n, 5, dimnames = list(NULL, c(1, 3, 5, 7, 12)))
symptoms[, 1] <- before
for (k in 2:5) symptoms[, k] <- round(symptoms[, k - 1] - 1 - 0.8 * bond + rnorm(n, 0, 3), 1)
outcome <- symptoms[, 5]
scales <- sapply(c("bond", "goal", "task"), function(x) round(pmin(7, 5 + 0.6 * bond + rnorm(n, 0, 0.6)), 2))
client[sample(length(client), 30)] <- NA
other[sample(length(other), 40)] <- NA
symptoms[sample(n, 12), 5] <- NA
outcome <- symptoms[, 5]
symptoms[sample(n, 6), 3] <- NA
colnames(client) <- paste0("client_", sessions)
colnames(other) <- paste0("therapist_", sessions)
colnames(symptoms) <- paste0("symptoms_", colnames(symptoms))
write.csv(data.frame(therapist, client, other, symptoms, scales), "outcome_sessions.csv", row.names = FALSE, na = "")

control <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10, maxfun = 1e5), calc.derivs = FALSE)

# ---- the account ----
running <- function(x, m) rowMeans(x[, 1:m, drop = FALSE], na.rm = TRUE)
base <- !is.na(outcome) & !is.na(client[, 1])
g <- function(x) {
  long <- data.frame(score = c(x), client = factor(c(row(x))), session = factor(c(col(x))))
  long <- na.omit(long)
  # means of the sessions taken out first, as in the library
  long$score <- long$score - ave(long$score, long$session)
  v <- as.data.frame(VarCorr(lmer(score ~ 1 + (1 | client), long, control = control)))$vcov
  v[1] / sum(v)
}
single <- g(client[base, ])
typical <- sapply(1:5, function(m) 1 / mean(1 / rowSums(!is.na(client[base, 1:m, drop = FALSE]))))
r <- sapply(1:5, function(m) cor(running(client, m)[base], outcome[base]))
G <- typical * single / (1 + (typical - 1) * single)
change <- symptoms[, "symptoms_7"] - symptoms[, "symptoms_1"]
used <- base & !is.na(change)
a <- running(client, 5)
given <- summary(lm(outcome ~ change + a, subset = used))$r.squared - summary(lm(outcome ~ change, subset = used))$r.squared
theirs <- running(other, 5)
both <- base & is.finite(theirs)
# covariance between therapists by the analysis of variance of sums and differences: cov = (var(x + y) - var(x - y)) / 4
between <- function(x, group) {
  table <- anova(lm(x ~ group)); size <- table(group); k <- length(size)
  (table[1, 3] - table[2, 3]) / ((sum(size) - sum(size^2) / sum(size)) / (k - 1))
}
x <- a[base]; y <- outcome[base]; group <- factor(therapist[base])
part <- cor(x, y) * (between(x + y, group) - between(x - y, group)) / 4 / (sd(x) * sd(y))
account <- list(n = sum(base), r2 = r^2, g = G, predicted = (r[1]^2 * G / G[1])[-1], alliance_corrected = r[c(1, 5)]^2 / G[c(1, 5)],
  given_change = given, early_gains = cor(a[used], outcome[used])^2 - given, other = cor(theirs[both], outcome[both])^2,
  rater = cor(a[both], outcome[both])^2 - cor(theirs[both], outcome[both])^2, between = part)

# ---- early gains ----
at <- function(s, first, last) {
  d <- na.omit(data.frame(a = client[, paste0("client_", s)], after = last - symptoms[, paste0("symptoms_", s)],
                          before = symptoms[, paste0("symptoms_", s)] - first))
  t <- summary(lm(after ~ a + before, d))$coefficients["a", "t value"]
  df <- nrow(d) - 3
  f <- abs(t) / sqrt(df)
  list(n = nrow(d), after = cor(d$a, d$after), before = cor(d$a, d$before),
       partial = cor(resid(lm(a ~ before, d)), resid(lm(after ~ before, d))), robustness = (sqrt(f^4 + 4 * f^2) - f^2) / 2)
}
last_after <- function(columns) apply(symptoms[, columns, drop = FALSE], 1, function(x) if (all(is.na(x))) NA else tail(x[!is.na(x)], 1))
gains <- list("3" = at(3, symptoms[, 1], last_after(3:5)), "5" = at(5, symptoms[, 1], last_after(4:5)), "7" = at(7, symptoms[, 1], last_after(5)))

# ---- compensation ----
d <- data.frame(scales - mean(scales[!is.na(outcome), ]), outcome, before)
d <- na.omit(d)
d$lowest <- pmin(d$bond, d$goal, d$task)
d$mean <- (d$bond + d$goal + d$task) / 3
group <- therapist[!is.na(outcome)]
models <- list(additive = outcome ~ before + bond + goal + task, "with products" = outcome ~ before + (bond + goal + task)^2,
               "weakest link" = outcome ~ before + lowest, "mean alone" = outcome ~ before + mean)
fits <- lapply(models, lm, data = d)
aicc <- sapply(fits, function(fit) { k <- length(coef(fit)) + 1; AIC(fit) + 2 * k * (k + 1) / (nrow(d) - k - 1) })
errors <- sapply(models, function(model) {
  e <- numeric(nrow(d))
  for (j in unique(group)) e[group == j] <- d$outcome[group == j] - predict(lm(model, d[group != j, ]), d[group == j, ])
  sum(e^2)
})
about <- sum(sapply(unique(group), function(j) sum((d$outcome[group == j] - mean(d$outcome[group != j]))^2)))
low <- mean(d$goal) - sd(d$goal); high <- mean(d$goal) + sd(d$goal); b <- coef(fits[["with products"]])
bond_at <- function(goal) unname(b["bond"] + goal * b["bond:goal"] + mean(d$task) * b["bond:task"])
# error taken out by hand: covariances of what is measured, less those of independent errors
rho <- c(bond = 0.85, goal = 0.8, task = 0.9)
z <- scale(d[, names(rho)], scale = FALSE)
p <- cbind(before = d$before, z, z[, 1] * z[, 2], z[, 1] * z[, 3], z[, 2] * z[, 3])
S <- cov(cbind(p, d$outcome)) * (nrow(d) - 1) / nrow(d)
v <- diag(S)[2:4]; e <- v * (1 - rho)
true <- S[1:7, 1:7]
for (i in 2:4) true[i, i] <- true[i, i] - e[i - 1]
true[5, 5] <- true[5, 5] - (v[1] * v[2] - (v[1] - e[1]) * (v[2] - e[2]))
true[6, 6] <- true[6, 6] - (v[1] * v[3] - (v[1] - e[1]) * (v[3] - e[3]))
true[7, 7] <- true[7, 7] - (v[2] * v[3] - (v[2] - e[2]) * (v[3] - e[3]))
true[5, 6] <- true[6, 5] <- true[5, 6] - e[1] * S[3, 4]
true[5, 7] <- true[7, 5] <- true[5, 7] - e[2] * S[2, 4]
true[6, 7] <- true[7, 6] <- true[6, 7] - e[3] * S[2, 3]
corrected <- solve(true, S[1:7, 8]); additive <- solve(true[1:4, 1:4], S[1:4, 8])
compensation <- list(n = nrow(d), aicc = as.list(aicc), r2 = lapply(fits, function(f) summary(f)$r.squared),
  predicted = as.list(1 - errors / about), slopes = lapply(fits, function(f) as.list(coef(f)[-(1:2)])),
  low = bond_at(low), high = bond_at(high), corrected = unname(corrected[-1]), corrected_additive = unname(additive[-1]),
  r2_corrected = sum(corrected * S[1:7, 8]) / S[8, 8])

# ---- latent therapist means ----
latent <- function(data, baseline) {
  long <- reshape(data, direction = "long", varying = c("alliance", "outcome"), v.names = "y", timevar = "role", times = c("a", "y"))
  long$role <- factor(long$role); long$client <- factor(long$id)
  fixed <- if (baseline) y ~ 0 + role + role:before else y ~ 0 + role
  fit <- lme(fixed, random = list(therapist = pdSymm(~ 0 + role)), correlation = corSymm(form = ~ 1 | therapist / client),
             weights = varIdent(form = ~ 1 | role), data = long[order(long$therapist, long$client, long$role), ],
             control = lmeControl(maxIter = 500, msMaxIter = 500, niterEM = 50, tolerance = 1e-9, msTol = 1e-10, returnObject = FALSE))
  T <- getVarCov(fit); s <- sigma(fit) * c(1, coef(fit$modelStruct$varStruct, unconstrained = FALSE))
  rho <- unname(coef(fit$modelStruct$corStruct, unconstrained = FALSE))
  reml <- c(within = unname(rho * s[2] / s[1]), between = T[1, 2] / T[1, 1])
  at_first <- if (baseline) "level: 1\n alliance ~ before\n outcome ~ before\n" else "level: 1\n"
  model <- paste0(at_first, "alliance ~~ w*outcome\n alliance ~~ vw*alliance\nlevel: 2\n alliance ~~ b*outcome\n alliance ~~ vb*alliance\n",
                  "within := w/vw\nbetween := b/vb")
  # in standard deviations, else the optimiser stops early
  scaled <- data; for (name in setdiff(names(data), "therapist")) scaled[[name]] <- c(scale(data[[name]]))
  found <- parameterEstimates(sem(model, scaled, cluster = "therapist", optim.dx.tol = 1e-8))
  ml <- sapply(c("within", "between"), function(name) found$est[found$lhs == name & found$op == ":="]) * sd(data$outcome) / sd(data$alliance)
  list(n = nrow(data), reml = as.list(reml), ml = as.list(ml))
}
example <- read.csv("../../../scripts/psychometrics/example_answers.csv")
items <- grep("^wai_[0-9]", names(example))
library_data <- na.omit(data.frame(alliance = rowMeans(example[items], na.rm = TRUE), outcome = example$outcome, therapist = example$therapist))
shipped <- read.csv("outcome_scores.csv")
shipped <- na.omit(data.frame(alliance = shipped$wai_s_client, outcome = shipped$outcome, therapist = shipped$therapist, before = shipped$baseline))
found <- list(account = account, gains = gains, compensation = compensation,
              latent = list(library = latent(library_data, FALSE), wai_s_client = latent(shipped, TRUE)))
write(toJSON(found, auto_unbox = TRUE, digits = 12, pretty = TRUE), "outcome_steps.json")
