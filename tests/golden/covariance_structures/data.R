# Answers that R packages hold, for make.R and for a test where R is installed; they are not copied into this project.
# Rscript tests/golden/covariance_structures/data.R holzinger > holzinger.csv
packaged <- function(name) {
  if (name == "bfi") {
    d <- psych::bfi[c(paste0("A", 1:5), paste0("C", 1:5), paste0("E", 1:5), "gender")]
    return(d[complete.cases(d), ])
  }
  d <- lavaan::HolzingerSwineford1939[c("school", paste0("x", 1:9))]
  # every seventh answer of an item is missing, another seventh in each item
  if (name == "holzinger_missing") for (j in 2:10) d[(seq_len(nrow(d)) + j * 3) %% 7 == 0, j] <- NA
  d
}
arguments <- commandArgs(trailingOnly = TRUE)
if (length(arguments) == 1) write.csv(packaged(arguments), row.names = FALSE, quote = FALSE)
