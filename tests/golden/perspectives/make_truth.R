# Golden numbers of truth and bias, actor and partner (lme4, nlme, clubSandwich, lavaan). Run from the project's root:
# Rscript tests/golden/perspectives/make_truth.R
suppressMessages({library(nlme); library(lme4); library(clubSandwich); library(lavaan); library(jsonlite)})
here <- "tests/golden/perspectives"

# dyads.csv of make.R: 24 therapists, 4 sessions, 12% of the ratings missing
dyads <- read.csv(file.path(here, "dyads.csv"))
# simulated: 7 therapists with 6 clients each, 2 to 9 sessions at which both rated; slopes differ, residuals correlate
set.seed(104)
few <- expand.grid(session = 1:9, client = 1:42)
few$therapist <- (few$client - 1) %/% 6 + 1
few <- few[few$session <= sample(2:9, 42, replace = TRUE)[few$client], ]
ar <- function(n) as.numeric(arima.sim(list(ar = .4), n, sd = .4))
few$by_client <- 5.5 + rnorm(42, 0, .6)[few$client] + rnorm(nrow(few), 0, .5)
inside <- few$by_client - ave(few$by_client, few$client)
few$by_therapist <- 2.3 + .5 * ave(few$by_client, few$client) + (.4 + rnorm(42, 0, .2)[few$client]) * inside +
  rnorm(42, 0, .4)[few$client] + rnorm(7, 0, .3)[few$therapist] + ave(few$client, few$client, FUN = function(x) ar(length(x)))
few[c("by_client", "by_therapist")] <- round(few[c("by_client", "by_therapist")], 3)
few <- few[c("therapist", "client", "session", "by_client", "by_therapist")]
write.csv(few, file.path(here, "few_therapists.csv"), row.names = FALSE)

tight <- lmeControl(opt = "nlminb", msMaxIter = 2000, msMaxEval = 5000, maxIter = 500, msTol = 1e-13, tolerance = 1e-10)
tight_lmer <- lmerControl(optimizer = "nloptwrap", calc.derivs = FALSE, check.conv.singular = "ignore",
  optCtrl = list(algorithm = "NLOPT_LN_BOBYQA", xtol_abs = 1e-12, ftol_abs = 1e-14, xtol_rel = 1e-12, ftol_rel = 1e-15, maxeval = 50000))
robust <- function(fit, cluster) {
  t <- coef_test(fit, vcov = "CR2", cluster = cluster, test = "Satterthwaite")
  list(estimate = t$beta, se = t$SE, df = t$df_Satt)
}
ready <- function(frame, judge, truth) {
  d <- frame[complete.cases(frame[c(judge, truth)]), ]
  d <- d[order(d$therapist, d$client, d$session), ]
  centre <- mean(d[[truth]]); mean_of <- ave(d[[truth]], d$client)
  d$y <- d[[judge]] - centre
  d$within <- ifelse(ave(d$session, d$client, FUN = length) >= 3, d[[truth]] - mean_of, 0)
  d$between <- mean_of - centre
  d$early <- as.numeric(d$session <= median(d$session)); d$late <- 1 - d$early
  d
}
truth <- function(frame, judge, of, by_therapist) {
  d <- ready(frame, judge, of)
  random <- if (by_therapist) "(1 + within | therapist) + (1 + within | client)" else "(1 | therapist) + (1 + within | client)"
  model <- function(fixed) lmer(as.formula(paste("y ~", fixed, "+", random)), data = d, control = tight_lmer)
  fit <- model("within + between")
  components <- as.data.frame(VarCorr(fit))
  of_group <- function(g) {
    own <- components[components$grp == g, ]
    list(sd = own$sdcor[is.na(own$var2)], correlation = own$sdcor[!is.na(own$var2)])
  }
  parts <- model("0 + early + late + early:within + late:within + between")
  change <- linear_contrast(parts, vcov = "CR2", cluster = d$therapist, test = "Satterthwaite", level = .95,
    contrasts = rbind(bias = c(-1, 1, 0, 0, 0), tracking = c(0, 0, 0, -1, 1)))
  list(n = nrow(d), criterion = REMLcrit(fit), fixed = robust(fit, d$therapist),
       client = of_group("client"), therapist = of_group("therapist"), residual = sigma(fit),
       effects = names(fixef(parts)), parts = unname(fixef(parts)), change = change$Est, change_se = change$SE, change_df = change$df)
}
# over time: one level of dyads, as nlme has the same residuals
serial <- function(frame, judge, of) {
  d <- ready(frame, judge, of)
  fit <- lme(y ~ within + between, random = list(therapist = ~ 1, client = ~ 1 + within), data = d, control = tight,
             correlation = corAR1(form = ~ session | therapist / client))
  list(criterion = -2 * as.numeric(logLik(fit)), fixed = unname(fixef(fit)), residual = fit$sigma,
       phi = unname(coef(fit$modelStruct$corStruct, unconstrained = FALSE)),
       client = unname(sqrt(diag(as.matrix(pdMatrix(fit$modelStruct$reStruct)$client))) * fit$sigma))
}

# outcomes of both roles, planted on the first session of dyads.csv and on all of few_therapists.csv
set.seed(105)
once <- dyads[dyads$session == 1 & complete.cases(dyads), ]
shared <- rnorm(nrow(once))
once$of_client <- round(2 * once$by_client + .8 * once$by_therapist + shared + rnorm(nrow(once)), 3)
once$of_therapist <- round(.5 * once$by_client + 1.5 * once$by_therapist + shared + rnorm(nrow(once), 0, 1.5), 3)
once$before <- round(rnorm(nrow(once)) + .3 * once$by_client, 3)
write.csv(once, file.path(here, "outcomes.csv"), row.names = FALSE)
long <- rbind(with(once, data.frame(therapist, client, role = "client", y = of_client, own = by_client, partner = by_therapist)),
              with(once, data.frame(therapist, client, role = "therapist", y = of_therapist, own = by_therapist, partner = by_client)))
long <- long[order(long$client, long$role), ]
both <- gls(y ~ 0 + role + role:own + role:partner, data = long, correlation = corSymm(form = ~ 1 | client),
            weights = varIdent(form = ~ 1 | role), control = glsControl(tolerance = 1e-10, msTol = 1e-13))
tested <- robust(both, long$client)
by_ml <- sem("of_client ~ a*by_client + p*by_therapist\n of_therapist ~ b*by_therapist + q*by_client\n of_client ~~ of_therapist
              k_client := p/a\n k_therapist := q/b", data = once, meanstructure = TRUE)
found <- parameterEstimates(by_ml)
pick <- function(label) found$est[found$label == label]
standard <- standardizedSolution(by_ml)
alone <- lmer(of_client ~ by_client + by_therapist + before + (1 | therapist), data = once, control = tight_lmer)
sessions <- few
sessions$y <- round(3 * few$by_client + few$by_therapist + rnorm(42)[few$client] + rnorm(nrow(few)), 3)
for (who in c("by_client", "by_therapist")) {
  sessions[[paste0(who, "_b")]] <- ave(few[[who]], few$client); sessions[[paste0(who, "_w")]] <- few[[who]] - sessions[[paste0(who, "_b")]]
}
write.csv(sessions[c("therapist", "client", "session", "y")], file.path(here, "session_outcomes.csv"), row.names = FALSE)
split <- lmer(y ~ by_client_w + by_therapist_w + by_client_b + by_therapist_b + (1 | therapist) + (1 | client),
              data = sessions, control = tight_lmer)

golden <- list(
  truth = list(dyads = list(therapist = truth(dyads, "by_therapist", "by_client", TRUE), client = truth(dyads, "by_client", "by_therapist", TRUE)),
               few = list(therapist = truth(few, "by_therapist", "by_client", FALSE), client = truth(few, "by_client", "by_therapist", FALSE))),
  serial = serial(few, "by_therapist", "by_client"),
  both = list(effects = names(coef(both)), fixed = tested,
              residual = unname(coef(both$modelStruct$corStruct, unconstrained = FALSE))),
  ml = list(client = c(pick("a"), pick("p"), pick("k_client")), therapist = c(pick("b"), pick("q"), pick("k_therapist")),
            residual = standard$est.std[standard$lhs == "of_client" & standard$op == "~~" & standard$rhs == "of_therapist"],
            standardized = c(standard$est.std[standard$label == "a"], standard$est.std[standard$label == "p"])),
  alone = robust(alone, once$therapist), split = robust(split, sessions$therapist),
  versions = list(R = R.version.string, lme4 = as.character(packageVersion("lme4")), nlme = as.character(packageVersion("nlme")),
                  clubSandwich = as.character(packageVersion("clubSandwich")), lavaan = as.character(packageVersion("lavaan"))))
write_json(golden, file.path(here, "truth.json"), digits = NA, auto_unbox = TRUE, pretty = TRUE)
