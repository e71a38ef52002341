# Seconds and chi-square of lavaan for what benchmarks/covariance_structures.py times:
# Rscript benchmarks/covariance_structures.R folder DWLS|FIML
suppressMessages(library(lavaan))
arguments <- commandArgs(trailingOnly = TRUE)
answers <- read.csv(file.path(arguments[1], "answers.csv"))
model <- paste(readLines(file.path(arguments[1], "model.txt"), warn = FALSE), collapse = "\n")
spent <- system.time(fit <- suppressWarnings(
  if (arguments[2] == "DWLS") cfa(model, answers, ordered = TRUE, estimator = "WLSMV") else cfa(model, answers, missing = "fiml")
))
chi_square <- fitMeasures(fit, if (arguments[2] == "DWLS") "chisq.scaled" else "chisq")
cat(spent[["user.self"]] + spent[["sys.self"]], sprintf("%.6f", chi_square), "\n")
