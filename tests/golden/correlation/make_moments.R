# Golden numbers for correlations of items of both kinds, EM moments and normality. Run from the project's root:
#   Rscript tests/golden/correlation/make_moments.R
suppressMessages({library(psych); library(lavaan); library(polycor); library(jsonlite)})
data <- function(name) read.csv(file.path("tests/golden/data", paste0(name, ".csv")))
quietly <- function(x) suppressMessages(suppressWarnings(x))
plain <- function(m) { m <- unclass(m); attributes(m) <- list(dim = dim(m)); m }

# four items beside two sums of others, which take more than 20 values
both_kinds <- function(x, first, second) data.frame(x[, 1:4], s1 = rowSums(x[, first]) + x[, 1] / 7,
                                                    s2 = rowSums(x[, second]) + x[, 2] / 11)
complete <- both_kinds(data("likert5"), 5:8, 9:12)
incomplete <- both_kinds(data("likert7_missing"), 5:9, 11:15)
of_lavaan <- function(x, ...) plain(quietly(lavCor(x, ordered = names(x)[1:4], output = "cor", ...)))

likert7 <- data("likert7_missing")
saturated <- quietly(lavCor(likert7, missing = "fiml", output = "fit", em.h1.tol = 1e-12, em.h1.iter.max = 10000))
moments <- lavInspect(saturated, "sampstat")

sets <- sapply(c("likert5", "likert7_missing", "unequal"), function(name) na.omit(data(name)), simplify = FALSE)
results <- list(
  versions = list(R = as.character(getRversion()), lavaan = as.character(packageVersion("lavaan")),
                  psych = as.character(packageVersion("psych")), polycor = as.character(packageVersion("polycor"))),
  mixed = list(complete = of_lavaan(complete), incomplete = of_lavaan(incomplete, missing = "pairwise")),
  polycor = outer(5:6, 1:4, Vectorize(function(i, j) polyserial(complete[[i]], complete[[j]], ML = FALSE))),
  em = list(mean = as.numeric(moments$mean), covariance = plain(moments$cov), psych = plain(quietly(corFiml(likert7)))),
  mardia = lapply(sets, function(x) {
    m <- mardia(x, plot = FALSE)
    m[c("n.obs", "n.var", "b1p", "b2p", "skew", "small.skew", "p.skew", "p.small", "kurtosis", "p.kurt")]
  }),
  univariate = lapply(sets, function(x) list(skewness = unname(skew(x, type = 2)),
                                             kurtosis = unname(kurtosi(x, type = 2))))
)
write_json(results, "tests/golden/correlation/moments.json", digits = 14, auto_unbox = TRUE, matrix = "rowmajor")
