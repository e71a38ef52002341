# Golden numbers of mixed models (lme4, nlme, clubSandwich). Run from the project's root:
# Rscript tests/golden/mixed_models/make.R
suppressMessages({library(lme4); library(nlme); library(clubSandwich); library(jsonlite)})
here <- "tests/golden/mixed_models"

tight <- lmerControl(optimizer = "nloptwrap", calc.derivs = FALSE, check.conv.singular = "ignore",
                     optCtrl = list(algorithm = "NLOPT_LN_BOBYQA", xtol_abs = 1e-12, ftol_abs = 1e-14, xtol_rel = 1e-12,
                                    ftol_rel = 1e-15, maxeval = 50000))
tight_lme <- lmeControl(opt = "nlminb", msMaxIter = 2000, msMaxEval = 5000, maxIter = 500, msTol = 1e-13, tolerance = 1e-10)
tight_gls <- glsControl(opt = "nlminb", msMaxIter = 2000, maxIter = 500, msTol = 1e-13, tolerance = 1e-10)

robust <- function(fit) {
  # clubSandwich 0.5.8 stops at residuals that correlate within groups below those of the random effects
  test <- tryCatch(as.data.frame(coef_test(fit, vcov = "CR2", test = "Satterthwaite")), error = function(e) NULL)
  if (is.null(test)) return(NULL)
  list(se = test$SE, df = test[[grep("^df", names(test))[1]]])
}
plain <- function(m) { m <- as.matrix(m); attributes(m) <- list(dim = dim(m)); m }
common <- function(fit, fixed) list(
  criterion = -2 * as.numeric(logLik(fit)), parameters = attr(logLik(fit), "df"), aic = AIC(fit),
  fixed = as.list(fixed), se_model = unname(sqrt(diag(as.matrix(vcov(fit))))), n = nobs(fit))
by_lmer <- function(formula, data, REML = TRUE, cr2 = TRUE) {
  fit <- lmer(formula, data = data, REML = REML, control = tight)
  ranefs <- lapply(ranef(fit, condVar = FALSE), function(b) as.list(head(b, 3)))
  c(common(fit, fixef(fit)), list(bic = BIC(fit), blocks = lapply(VarCorr(fit), plain), residual = sigma(fit)^2,
    random = ranefs, groups = lapply(ranef(fit, condVar = FALSE), function(b) head(rownames(b), 3)),
    cr2 = if (cr2) robust(fit) else NULL))
}
# weights and correlations as nlme has them; blocks by their groups from the lowest
by_lme <- function(fit, cr2 = TRUE) {
  out <- common(fit, if (inherits(fit, "lme")) fixef(fit) else coef(fit))
  variances <- fit$sigma^2
  if (!is.null(fit$modelStruct$varStruct)) {
    ratios <- coef(fit$modelStruct$varStruct, unconstrained = FALSE, allCoef = TRUE)
    out$residual <- as.list(variances * ratios^2)
  } else out$residual <- variances
  if (inherits(fit, "lme")) out$blocks <- lapply(pdMatrix(fit$modelStruct$reStruct), function(m) plain(m * variances))
  if (!is.null(fit$modelStruct$corStruct)) out$correlation <- unname(coef(fit$modelStruct$corStruct, unconstrained = FALSE))
  if (cr2) out$cr2 <- robust(fit)
  out
}

# data of textbooks, as printed there (SOURCE.md)
write.csv(sleepstudy, file.path(here, "sleepstudy.csv"), row.names = FALSE)
write.csv(Penicillin, file.path(here, "penicillin.csv"), row.names = FALSE)
write.csv(Pastes[c("strength", "batch", "sample")], file.path(here, "pastes.csv"), row.names = FALSE)
orthodont <- data.frame(distance = Orthodont$distance, age = Orthodont$age, subject = as.character(Orthodont$Subject),
                        sex = as.character(Orthodont$Sex))
write.csv(orthodont, file.path(here, "orthodont.csv"), row.names = FALSE)
ovary <- data.frame(follicles = Ovary$follicles, time = Ovary$Time, mare = as.character(Ovary$Mare),
                    sine = sin(2 * pi * Ovary$Time), cosine = cos(2 * pi * Ovary$Time))
write.csv(format(ovary, digits = 15, trim = TRUE), file.path(here, "ovary.csv"), row.names = FALSE)
ovary <- read.csv(file.path(here, "ovary.csv"))

# simulated: both roles at sessions with gaps, 14 therapists; and 6 therapists without variance between them
set.seed(16)
design <- expand.grid(role = c("client", "therapist"), session = 1:8, client = 1:56)
design$therapist <- (design$client - 1) %% 14 + 1
design <- design[order(design$therapist, design$client, design$role, design$session), ]
t_effect <- matrix(rnorm(28), 14) %*% chol(matrix(c(.3, .1, .1, .4), 2))
c_effect <- matrix(rnorm(112), 56) %*% chol(matrix(c(.6, .2, .2, .4), 2))
role <- as.integer(design$role)
serial <- ave(rnorm(nrow(design)), design$client, design$role,
              FUN = function(e) as.numeric(stats::filter(e * c(1, rep(sqrt(1 - .16), 7)), .4, method = "recursive")))
design$score <- round(4 + .1 * design$session * (role == 1) + t_effect[cbind(design$therapist, role)] +
                      c_effect[cbind(design$client, role)] + c(.7, 1)[role] * serial, 3)
roles <- design[runif(nrow(design)) < .75, c("therapist", "client", "session", "role", "score")]
write.csv(roles, file.path(here, "roles.csv"), row.names = FALSE)
few <- expand.grid(session = 1:4, client = 1:30)
few$therapist <- (few$client - 1) %% 6 + 1
client_effect <- residuals(lm(rnorm(30) ~ factor((1:30 - 1) %% 6)))
few$score <- round(5 + client_effect[few$client] + rnorm(nrow(few), sd = .8), 3)
write.csv(few, file.path(here, "few.csv"), row.names = FALSE)

sessions <- read.csv("tests/golden/data/sessions.csv")
sessions$score <- rowMeans(sessions[grep("^i[0-9]", names(sessions))])
raters <- read.csv("tests/golden/data/raters.csv")
raters$score <- rowMeans(raters[grep("^i[0-9]", names(raters))])
# the example of the library: both roles once
answers <- read.csv("scripts/psychometrics/example_answers.csv")
own <- rowMeans(answers[grep("^wai_[0-9]", names(answers))], na.rm = TRUE)
both <- rbind(data.frame(answers[c("client", "therapist")], role = "client", rating = own),
              data.frame(answers[c("client", "therapist")], role = "therapist", rating = answers$wai_therapist))
both <- na.omit(both)
both <- both[order(both$therapist, both$client, both$role), ]

golden <- list(
  sleepstudy = by_lmer(Reaction ~ Days + (Days | Subject), sleepstudy),
  sleepstudy_ml = by_lmer(Reaction ~ Days + (Days | Subject), sleepstudy, REML = FALSE),
  sleepstudy_uncorrelated = by_lmer(Reaction ~ Days + (Days || Subject), sleepstudy, cr2 = FALSE),
  penicillin = by_lmer(diameter ~ 1 + (1 | plate) + (1 | sample), Penicillin, cr2 = FALSE),
  pastes = by_lmer(strength ~ 1 + (1 | batch) + (1 | sample), Pastes),
  orthodont = by_lme(lme(distance ~ age + sex, random = ~ age | subject, weights = varIdent(form = ~ 1 | sex),
                         data = orthodont, control = tight_lme)),
  orthodont_ml = by_lme(lme(distance ~ age + sex, random = ~ 1 | subject, weights = varIdent(form = ~ 1 | sex),
                            data = orthodont, control = tight_lme, method = "ML")),
  ovary = by_lme(lme(follicles ~ sine + cosine, random = ~ 1 | mare, correlation = corCAR1(form = ~ time | mare),
                     data = ovary, control = tight_lme)),
  sessions = by_lmer(score ~ session + (1 | therapist) + (session | client), sessions),
  sessions_ar1 = by_lme(lme(score ~ session, random = ~ 1 | therapist / client,
                            correlation = corAR1(form = ~ session | therapist / client), data = sessions, control = tight_lme)),
  example = by_lme(lme(rating ~ 0 + role, random = ~ 0 + role | therapist, correlation = corSymm(form = ~ 1 | therapist / client),
                       weights = varIdent(form = ~ 1 | role), data = both, control = tight_lme)),
  roles = by_lmer(score ~ 0 + role + role:session + (0 + role | therapist) + (0 + role | client), roles),
  roles_ar1 = by_lme(lme(score ~ 0 + role, random = list(therapist = ~ 1, client = ~ 0 + role),
                         correlation = corAR1(form = ~ session | therapist / client / role),
                         weights = varIdent(form = ~ 1 | role), data = roles, control = tight_lme)),
  roles_sessions = by_lme(lme(score ~ 0 + role, random = list(therapist = ~ 1, client = ~ 0 + role),
                              correlation = corSymm(form = ~ 1 | therapist / client / session),
                              weights = varIdent(form = ~ 1 | role), data = roles, control = tight_lme)),
  few = by_lmer(score ~ 1 + (1 | therapist) + (1 | client), few),
  raters = by_lmer(score ~ 1 + (1 | client) + (1 | rater), raters, cr2 = FALSE),
  gls = by_lme(gls(rating ~ 0 + role, correlation = corSymm(form = ~ 1 | client), weights = varIdent(form = ~ 1 | role),
                   data = both, control = tight_gls))
)
# the difference of the two slopes
slopes <- lmer(score ~ 0 + role + role:session + (0 + role | therapist) + (0 + role | client), roles, control = tight)
contrast <- as.data.frame(linear_contrast(slopes, vcov = "CR2", contrasts = matrix(c(0, 0, 1, -1), 1), test = "Satterthwaite"))
golden$roles$contrast <- list(estimate = contrast$Est, se = contrast$SE, df = contrast$df)
golden$versions <- list(R = R.version.string, lme4 = as.character(packageVersion("lme4")),
                        nlme = as.character(packageVersion("nlme")),
                        clubSandwich = as.character(packageVersion("clubSandwich")))
write_json(golden, file.path(here, "mixed_models.json"), digits = NA, auto_unbox = TRUE, pretty = TRUE)

# limits of correlations of two random effects by the profile of the likelihood
profiles <- list(
  sleepstudy = lmer(Reaction ~ Days + (Days | Subject), sleepstudy, REML = FALSE),
  orthodont = lmer(distance ~ age + sex + (age | subject), orthodont, REML = FALSE))
limits <- lapply(profiles, function(fit) unname(confint(fit, parm = 2, method = "profile", quiet = TRUE)[1, ]))
write_json(limits, file.path(here, "profiles.json"), digits = 10, auto_unbox = TRUE, pretty = TRUE)
