# Seconds of lme4 and nlme for what benchmarks/mixed_models.py times: Rscript benchmarks/mixed_models.R data.csv
suppressMessages({library(lme4); library(nlme)})
data <- read.csv(commandArgs(trailingOnly = TRUE)[1])
both <- data[data$part == "both", ]
many <- data[data$part == "many", ]
spent <- function(work) sum(system.time(suppressMessages(suppressWarnings(invisible(work))))[c("user.self", "sys.self")])
report <- function(name, seconds) cat(name, seconds, sep = "\t", fill = TRUE)
components <- function(fit) unlist(lapply(VarCorr(fit), function(block) block[lower.tri(block, TRUE)]))

report("both roles, one fit",
       spent(fit <- lmer(score ~ 0 + role + (0 + role | therapist) + (0 + role | client), both)))
report("both roles, bootstrap of 50", spent(bootMer(fit, components, nsim = 50)))
report("100,000 sessions, slopes of clients", spent(lmer(score ~ session + (session | client), many)))
report("100,000 sessions, and therapists", spent(lmer(score ~ session + (1 | therapist) + (session | client), many)))
report("100,000 sessions, slopes and AR(1)",
       spent(lme(score ~ session, random = ~ session | client, correlation = corAR1(form = ~ session | client), data = many,
                 control = lmeControl(opt = "optim", returnObject = TRUE))))
