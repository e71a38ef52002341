# Golden numbers of variance components and of agreement between raters (lme4, psych).
# Run from the project's root: Rscript tests/golden/reliability/make_components.R
suppressMessages({library(lme4); library(psych); library(jsonlite)})

tight <- lmerControl(optimizer = "nloptwrap", calc.derivs = FALSE,
                     optCtrl = list(algorithm = "NLOPT_LN_BOBYQA", xtol_abs = 1e-12, ftol_abs = 1e-14, xtol_rel = 1e-12,
                                    ftol_rel = 1e-15, maxeval = 20000))
components <- function(formula, data) {
  fit <- lmer(formula, data = data, control = tight)
  v <- as.data.frame(VarCorr(fit))
  c(as.list(setNames(v$vcov, v$grp)), list(mean = unname(fixef(fit)), n = nobs(fit)))
}

answers <- read.csv("tests/golden/data/sessions.csv")
answers$score <- rowMeans(answers[grep("^i[0-9]", names(answers))])
first <- answers[answers$session == 1, ]
# tests/golden/data/likert7_missing.csv as groups of 1, 2, ..., 8, 1, 2, ... people
likert <- rowMeans(read.csv("tests/golden/data/likert7_missing.csv"), na.rm = TRUE)
groups <- rep(seq_len(69), times = rep(1:8, length.out = 69))[1:300]
nested <- list(
  therapist = components(score ~ 1 + (1 | therapist), first),
  client = components(score ~ 1 + (1 | client), answers),
  three_levels = components(score ~ 1 + (1 | therapist) + (1 | client), answers),
  no_variance = components(score ~ 1 + (1 | group), data.frame(score = likert, group = groups))
)

ratings <- read.csv("tests/golden/data/raters.csv")
ratings$score <- rowMeans(ratings[grep("^i[0-9]", names(ratings))])
wide <- function(data) tapply(data$score, list(data$client, data$rater), mean)
some <- ratings[(ratings$client + 2 * ratings$rater) %% 3 != 0 | ratings$rater == 1 & ratings$client < 30, ]
by_psych <- function(x, lmer) {
  r <- ICC(x, lmer = lmer, missing = FALSE)$results
  list(type = r$type, icc = r$ICC, lower = r$`lower bound`, upper = r$`upper bound`)
}
shrout <- matrix(c(9, 6, 8, 7, 10, 6, 2, 1, 4, 1, 5, 2, 5, 3, 6, 2, 6, 4, 8, 2, 8, 6, 9, 7), 6)  # Shrout & Fleiss, table 2
# binary items: the raters hardly agree on the persons
binary <- as.matrix(read.csv("tests/golden/data/binary.csv")[1:100, 1:3])
raters <- list(
  complete = by_psych(wide(ratings), FALSE),
  complete_lmer = by_psych(wide(ratings), TRUE),
  two = by_psych(wide(ratings)[, 2:3], FALSE),
  shrout_fleiss = by_psych(shrout, FALSE),
  binary = by_psych(binary, FALSE),
  incomplete_lmer = by_psych(wide(some), TRUE),
  incomplete = components(score ~ 1 + (1 | client) + (1 | rater), some),
  incomplete_one_way = components(score ~ 1 + (1 | client), some)
)
write_json(list(nested = nested, raters = raters), "tests/golden/reliability/components.json", digits = NA,
           auto_unbox = TRUE, pretty = TRUE)
