# Jackknife intervals of correlations by leaving out every unit in a loop. Run from the project's root:
# Rscript tests/golden/association/make_jackknife.R
suppressMessages({library(psych); library(jsonlite)})
scales <- list(likert5 = list(1:4, 5:8, 9:12), likert7_missing = list(1:6, 7:12, 13:18))

# estimate and limits of a function of the rows, by units that are left out one at a time, on the scale g
jackknife <- function(rows, unit, f, g = atanh, back = tanh) {
  z <- sapply(unique(unit), function(one) g(f(rows[unit != one, ])))
  k <- length(z)
  half <- qt(.975, k - 1) * sqrt((k - 1) / k * sum((z - mean(z))^2))
  c(f(rows), back(g(f(rows)) - half), back(g(f(rows)) + half), k)
}
named <- function(found) list(estimate = found[1, ], lower = found[2, ], upper = found[3, ], units = found[4, ])

raw <- function(name) {
  x <- read.csv(file.path("tests/golden/data", paste0(name, ".csv")))
  s <- sapply(scales[[name]], function(items) rowMeans(x[, items]))
  s <- cbind(s, x[, 1])  # the first item is held constant
  pairs <- combn(3, 2)
  # therapists of unequal size: the rows 1, 2 to 4, 5 to 9, ...
  therapist <- ceiling(sqrt(seq_len(nrow(s))))
  of_pairs <- function(units, f, held = NULL) named(apply(pairs, 2, function(p) {
    use <- complete.cases(s[, c(p, held)])
    jackknife(s[use, c(p, held)], units[use], f)
  }))
  pearson <- function(y) cor(y[, 1], y[, 2])
  spearman <- function(y) cor(y[, 1], y[, 2], method = "spearman")
  partial <- function(y) unclass(partial.r(cor(y), 1:2, 3))[1, 2]
  use <- complete.cases(s[, 1:3])
  difference <- jackknife(s[use, 1:3], therapist[use], function(y) cor(y[, 1], y[, 2]) - cor(y[, 1], y[, 3]), identity, identity)
  list(pearson_clients = of_pairs(seq_len(nrow(s)), pearson), pearson = of_pairs(therapist, pearson),
       spearman = of_pairs(therapist, spearman), partial = of_pairs(therapist, partial, 4),
       difference = difference)
}

x <- read.csv("tests/golden/data/sessions.csv")
z <- data.frame(client = x$client, a = rowMeans(x[, c("i01", "i02", "i03")]), b = rowMeans(x[, c("i04", "i05", "i06")]))
of_clients <- function(which) {
  jackknife(z, z$client, function(y) as.numeric(suppressWarnings(statsBy(y, "client"))[[which]][1, 2]))
}
total <- jackknife(z, z$client, function(y) cor(y$a, y$b))
result <- list(raw = sapply(names(scales), raw, simplify = FALSE),
               sessions = list(within = of_clients("rwg"), between = of_clients("rbg"), total = total),
               versions = list(R = as.character(getRversion()), psych = as.character(packageVersion("psych"))))
write_json(result, "tests/golden/association/jackknife.json", digits = NA, auto_unbox = TRUE, pretty = TRUE)
