# Data and matrices of R's package psych and of R itself for benchmarks/recovery_retention.py --real: Rscript benchmarks/recovery_retention.R <folder>
# Written at run time, never committed. A name ends with the number of people of a matrix, or with `answers`.
folder <- commandArgs(TRUE)[1]
dir.create(folder, showWarnings = FALSE, recursive = TRUE)
write <- function(x, name) write.csv(x, file.path(folder, paste0(name, ".csv")), row.names = is.matrix(x) || isSymmetric(as.matrix(x)))
write(psych::bfi[, 1:25], "bfi_answers")
write(as.matrix(psych::Thurstone), "thurstone_213")
write(as.matrix(psych::Holzinger.9), "holzinger9_145")
write(as.matrix(psych::Bechtoldt.1), "bechtoldt_212")
write(as.matrix(psych::Reise), "reise_1000")
write(datasets::Harman74.cor$cov, "harman74_145")
