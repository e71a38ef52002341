# Golden numbers of repeated sessions: two-level covariances and omega (lavaan), generalizability (lme4, psych).
# Run from the project's root: Rscript tests/golden/reliability/make_sessions.R
suppressMessages({library(lavaan); library(lme4); library(psych); library(jsonlite)})

answers <- read.csv("tests/golden/data/sessions.csv")
items <- grep("^i[0-9]", names(answers), value = TRUE)
early <- answers[answers$session <= 3, ]
whole <- names(which(table(early$client) == 3))
sets <- list(unbalanced = answers, balanced = early[early$client %in% whole, ])

two_level <- function(model, data) {
  suppressWarnings(sem(model, data = data, cluster = "client", meanstructure = TRUE,
      optim.method = "nlminb", control = list(rel.tol = 1e-11, iter.max = 5000, eval.max = 10000),
      baseline = FALSE, h1 = FALSE, se = "none", test = "none"))
}

alpha_of <- function(s) nrow(s) / (nrow(s) - 1) * (1 - sum(diag(s)) / sum(s))

levels_of <- function(data) {
  pairs <- outer(items, items, paste, sep = " ~~ ")
  all_pairs <- paste(pairs[upper.tri(pairs, diag = TRUE)], collapse = "\n")
  saturated <- two_level(paste("level: 1\n", all_pairs, "\nlevel: 2\n", all_pairs), data)
  implied <- lavInspect(saturated, "implied")
  within <- unclass(implied$within$cov)[items, items]
  between <- unclass(implied$client$cov)[items, items]
  one <- function(f) paste0(f, " =~ NA*", paste(items, collapse = " + "), "\n", f, " ~~ 1*", f)
  cfa <- two_level(paste("level: 1\n", one("w"), "\nlevel: 2\n", one("b")), data)
  # nlminb calls a point that it cannot improve within 1e-11 "false convergence": what counts is the gradient
  stopifnot(max(abs(lavInspect(saturated, "optim.gradient"))) < 2e-5, max(abs(lavInspect(cfa, "optim.gradient"))) < 2e-5)
  est <- lavInspect(cfa, "est")
  omega_of <- function(l) sum(l$lambda)^2 / (sum(l$lambda)^2 + sum(diag(l$theta)))
  # one factor by minres on each saturated matrix, in the metric of the items (McDonald 1999, eq. 6.20b)
  minres_omega <- function(s) {
    l <- abs(as.numeric(fa(cov2cor(s), nfactors = 1, fm = "minres")$loadings))
    v <- diag(s)
    sum(sqrt(v) * l)^2 / (sum(sqrt(v) * l)^2 + sum(v * (1 - l^2)))
  }
  list(omega_within_minres = minres_omega(within), omega_between_minres = minres_omega(between), within = within, between = between, mean = as.numeric(implied$client$mean),
       alpha_within = alpha_of(within), alpha_between = alpha_of(between),
       omega_within = omega_of(est$within), omega_between = omega_of(est$client),
       loadings_within = abs(as.numeric(est$within$lambda)), loadings_between = abs(as.numeric(est$client$lambda)),
       clients = length(unique(data$client)), administrations = nrow(data))
}

generalizability <- function(data) {
  long <- data.frame(id = factor(rep(data$client, length(items))), time = factor(rep(data$session, length(items))),
                     items = factor(rep(items, each = nrow(data))), values = unlist(data[items]))
  fit <- lmer(values ~ 1 + (1 | id) + (1 | time) + (1 | items) + (1 | id:time) + (1 | id:items) + (1 | items:time),
              data = long, control = lmerControl(optimizer = "nloptwrap", calc.derivs = FALSE,
              optCtrl = list(xtol_abs = 1e-12, ftol_abs = 1e-12, xtol_rel = 1e-12, ftol_rel = 1e-14, maxeval = 20000)))
  v <- as.data.frame(VarCorr(fit))
  component <- setNames(v$vcov, v$grp)
  list(client = component[["id"]], session = component[["time"]], item = component[["items"]],
       client_session = component[["id:time"]], client_item = component[["id:items"]],
       session_item = component[["items:time"]], residual = component[["Residual"]],
       deviance = as.numeric(-2 * logLik(fit)))
}

result <- lapply(sets, function(data) list(levels = levels_of(data), components = generalizability(data)))
balanced <- sets$balanced[c("client", "session", items)]
by_psych <- multilevel.reliability(balanced, grp = "client", Time = "session", items = items, alpha = FALSE,
                                   aov = TRUE, lmer = FALSE, lme = FALSE)
result$psych <- list(components = by_psych$components[1:7, 1], R_KF = by_psych$RkF, R_1R = by_psych$R1R,
                     R_KR = by_psych$RkR, R_C = by_psych$Rc)
wide <- merge(answers[answers$session == 1, ], answers[answers$session == 2, ], by = "client")
one <- rowMeans(wide[paste0(items, ".x")]); two <- rowMeans(wide[paste0(items, ".y")])
icc <- ICC(cbind(one, two), lmer = FALSE)$results
result$retest <- list(n = nrow(wide), r = cor(one, two), icc_agreement = icc["Single_random_raters", "ICC"])
write_json(result, "tests/golden/reliability/sessions.json", digits = NA, auto_unbox = TRUE, pretty = TRUE)
