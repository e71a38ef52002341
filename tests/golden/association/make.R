# Correlations by stats and psych on the shared data sets. Run from the project's root: Rscript tests/golden/association/make.R
suppressMessages({library(psych); library(jsonlite)})
scales <- list(likert5 = list(1:4, 5:8, 9:12), likert7_missing = list(1:6, 7:12, 13:18))

one <- function(name) {
  x <- read.csv(file.path("tests/golden/data", paste0(name, ".csv")))
  # scores of complete scales only, so that the clients behind a pair differ from pair to pair where answers are missing
  s <- sapply(scales[[name]], function(items) rowMeans(x[, items]))
  colnames(s) <- c("a", "b", "c")
  pairs <- combn(3, 2)
  pearson <- apply(pairs, 2, function(p) {
    t <- cor.test(s[, p[1]], s[, p[2]])
    c(t$estimate, t$conf.int, t$p.value)
  })
  spearman <- apply(pairs, 2, function(p) {
    use <- complete.cases(s[, p])
    c(cor(s[use, p[1]], s[use, p[2]], method = "spearman"), sum(use))
  })
  test <- corr.test(s, adjust = "holm", method = "pearson")
  ranks <- corr.test(s, adjust = "holm", method = "spearman")
  alphas <- sapply(scales[[name]], function(items) {
    y <- x[, items]
    suppressWarnings(alpha(y[complete.cases(y), ]))$total$raw_alpha
  })
  corrected <- correct.cor(test$r, alphas)  # corrected above the diagonal
  upper <- function(m) apply(pairs, 2, function(p) m[p[1], p[2]])
  half <- qnorm(.975) * sqrt((1 + spearman[1, ]^2 / 2) / (spearman[2, ] - 3))  # Bonett & Wright (2000)
  lapply(list(n = spearman[2, ], r_pearson = pearson[1, ], lower = pearson[2, ], upper = pearson[3, ], p_pearson = pearson[4, ],
       p_pearson_holm = upper(test$p), r_spearman = spearman[1, ], p_spearman_holm = upper(ranks$p),
       spearman_lower = tanh(atanh(spearman[1, ]) - half), spearman_upper = tanh(atanh(spearman[1, ]) + half),
       alpha = alphas, r_disattenuated = upper(corrected)), as.numeric)
}

r <- as.matrix(read.csv("tests/golden/data/wai_sr_matrix.csv", row.names = 1))
keys <- sapply(list(c(1, 2, 10, 12), c(3, 5, 7, 9), c(4, 6, 8, 11)), function(items) as.numeric(1:12 %in% items))
composites <- suppressWarnings(cluster.cor(keys, r))
matrix <- list(correlation = composites$cor[cbind(c(1, 1, 2), c(2, 3, 3))], alpha = as.numeric(composites$alpha),
               corrected = composites$corrected[cbind(c(1, 1, 2), c(2, 3, 3))])
version <- list(R = as.character(getRversion()), psych = as.character(packageVersion("psych")))
write_json(list(version = version, raw = sapply(names(scales), one, simplify = FALSE), wai_sr_standardized = matrix),
           "tests/golden/association/psych.json", digits = NA, auto_unbox = TRUE, pretty = TRUE)
