# Data and matrices of R's packages psych and psychTools and of R itself for benchmarks/recovery_retention.py --real:
# Rscript benchmarks/recovery_retention.R <folder> [<folder data of the unpacked source of psychTools>]
# Written at run time, never committed. A name ends with the number of people of a matrix, or with `answers`.
given <- commandArgs(TRUE)
folder <- given[1]
dir.create(folder, showWarnings = FALSE, recursive = TRUE)
write <- function(x, name) write.csv(x, file.path(folder, paste0(name, ".csv")), row.names = is.matrix(x) || isSymmetric(as.matrix(x)))
write(psych::bfi[, 1:25], "bfi_answers")
write(as.matrix(psych::Thurstone), "thurstone_213")
write(as.matrix(psych::Holzinger.9), "holzinger9_145")
write(as.matrix(psych::Bechtoldt.1), "bechtoldt_212")
write(as.matrix(psych::Reise), "reise_1000")
write(datasets::Harman74.cor$cov, "harman74_145")
if (length(given) > 1) {
  for (name in c("sai", "msq", "epi")) load(file.path(given[2], paste0(name, ".rda")))
  write(sai[sai$time == 1, 4:23], "sai_answers")
  write(msq[, 1:40], "msq_answers")
  write(epi, "epi_answers")
}
