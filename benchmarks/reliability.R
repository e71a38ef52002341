# Seconds of psych for what benchmarks/reliability.py times: Rscript benchmarks/reliability.R answers.csv
suppressMessages({library(psych); library(GPArotation)})
options(mc.cores = 1)
answers <- read.csv(commandArgs(trailingOnly = TRUE)[1])
spent <- function(work) sum(system.time(suppressMessages(suppressWarnings(invisible(capture.output(work)))))[c("user.self", "sys.self")])
report <- function(name, seconds) cat(name, seconds, sep = "\t", fill = TRUE)
# a thousand resamples take minutes: 20 are timed, less what the call costs without them
alpha_once <- spent(alpha(answers, check.keys = FALSE))
report("alpha, 1,000 resamples", 50 * (spent(alpha(answers, check.keys = FALSE, n.iter = 20)) - alpha_once))
omega_once <- spent(omega(answers, nfactors = 3, plot = FALSE))
report("omega hierarchical, 1,000 resamples", 50 * (spent(omega(answers, nfactors = 3, plot = FALSE, n.iter = 20)) - omega_once))
