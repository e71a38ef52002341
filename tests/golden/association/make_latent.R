# Latent and partial correlations. Run from the project's root: Rscript tests/golden/association/make_latent.R
suppressMessages({library(psych); library(lavaan); library(jsonlite)})
scales <- list(likert5 = list(1:4, 5:8, 9:12), likert7_missing = list(1:6, 7:12, 13:18))
pairs <- cbind(c(1, 1, 2), c(2, 3, 3))

latent <- function(name) {
  x <- read.csv(file.path("tests/golden/data", paste0(name, ".csv")))
  r <- unclass(lavCor(x, ordered = names(x), missing = "pairwise", zero.cell.warn = FALSE, zero.add = c(0, 0)))
  keys <- sapply(scales[[name]], function(items) as.numeric(seq_along(x) %in% items))
  composites <- suppressWarnings(cluster.cor(keys, r))
  answered <- t(!is.na(x)) %*% !is.na(x)
  list(r_latent = composites$cor[pairs], r_latent_disattenuated = composites$corrected[pairs],
       alpha = as.numeric(composites$alpha),
       n = apply(pairs, 1, function(p) min(answered[scales[[name]][[p[1]]], scales[[name]][[p[2]]]])))
}

partial <- function(name) {
  x <- read.csv(file.path("tests/golden/data", paste0(name, ".csv")))
  s <- data.frame(sapply(scales[[name]], function(items) rowMeans(x[, items])))
  one <- function(p, held) {
    z <- cbind(s[, p], x[, held, drop = FALSE])
    z <- z[complete.cases(z), ]
    r <- unclass(partial.r(cor(z), 1:2, 3:ncol(z)))[1, 2]
    n <- nrow(z) - length(held)
    t <- r * sqrt((n - 2) / (1 - r^2))
    c(r, nrow(z), tanh(atanh(r) + c(-1, 1) * qnorm(.975) / sqrt(n - 3)), 2 * pt(-abs(t), n - 2))
  }
  lapply(list(one = 1, two = c(1, 6)), function(held) {
    found <- apply(pairs, 1, one, held = held)
    list(r = found[1, ], n = found[2, ], lower = found[3, ], upper = found[4, ], p = found[5, ])
  })
}

result <- list(latent = lapply(setNames(names(scales), names(scales)), latent),
               partial = lapply(setNames(names(scales), names(scales)), partial),
               versions = list(R = as.character(getRversion()), psych = as.character(packageVersion("psych")),
                               lavaan = as.character(packageVersion("lavaan"))))
write_json(result, "tests/golden/association/latent.json", digits = 15, auto_unbox = TRUE, pretty = TRUE)
