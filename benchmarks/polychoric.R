# Seconds that psych::polychoric takes for the answers in a CSV file: Rscript benchmarks/polychoric.R answers.csv correlations.csv
paths <- commandArgs(trailingOnly = TRUE)
answers <- read.csv(paths[1])
options(mc.cores = 1)
seconds <- system.time(
  found <- suppressMessages(suppressWarnings(psych::polychoric(answers, correct = 0, smooth = FALSE, progress = FALSE)))
)["elapsed"]
write.csv(found$rho, paths[2], row.names = FALSE)
cat(seconds, "\n")
