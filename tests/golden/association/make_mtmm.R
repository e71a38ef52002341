# HTMT and Kendall's W. Run from the project's root: Rscript tests/golden/association/make_mtmm.R
suppressMessages({library(semTools); library(jsonlite)})
likert <- read.csv("tests/golden/data/likert5.csv")
missing <- read.csv("tests/golden/data/likert7_missing.csv")
published <- as.matrix(read.csv("tests/golden/data/wai_sr_matrix.csv", row.names = 1))

model <- function(sets) paste(names(sets), "=~", vapply(sets, paste, "", collapse = " + "), collapse = "\n")
halves <- function(items, first) list(A = items[seq_len(first)], B = items[-seq_len(first)])
both <- function(r, first) {
  text <- model(halves(colnames(r), first))
  list(first = first, htmt = htmt(text, sample.cov = r, htmt2 = FALSE)["A", "B"],
       htmt2 = htmt(text, sample.cov = r, htmt2 = TRUE)["A", "B"])
}
dimnames(published) <- list(colnames(published), colnames(published))

# negative correlations too: three items turned
turned <- likert
turned[, c("i02", "i07", "i11")] <- 6 - turned[, c("i02", "i07", "i11")]
pairwise <- cor(missing, use = "pairwise")

# the triangles of the artificial matrix in tests/unit/association/test_mtmm.py: cells AB, AC, BC
three <- rbind(c(.51, .38, .37), c(.68, .59, .58), c(.67, .58, .60), c(.22, .11, .11), c(.22, .09, .10),
               c(.23, .11, .11), c(.22, .11, .12), c(.43, .34, .32), c(.42, .33, .34))
set.seed(5)
untied <- matrix(round(runif(24), 3), 4)
w <- function(x) list(cells = x, w = as.numeric(friedman.test(x)$statistic) / (nrow(x) * (ncol(x) - 1)),
                      spearman = cor(t(x), method = "spearman")[lower.tri(diag(nrow(x)))])

result <- list(
  likert5 = lapply(c(4, 6, 2), function(first) both(cor(likert), first)),
  turned = lapply(c(4, 6), function(first) both(cor(turned), first)),
  likert7_missing = lapply(c(6, 9), function(first) both(pairwise, first)),
  published = list(both(published, 4)),
  kendall = list(w(three), w(untied)),
  versions = list(R = as.character(getRversion()), semTools = as.character(packageVersion("semTools"))))
write_json(result, "tests/golden/association/mtmm.json", digits = 15, auto_unbox = TRUE, pretty = TRUE)
