# Golden numbers for ordinal factor analysis: asymptotic covariances of polychorics, DWLS, adjusted chi-squares.
# Run from the project's root: Rscript tests/golden/factors/make_ordinal.R
suppressMessages({library(lavaan); library(jsonlite)})
data <- function(name) read.csv(file.path("tests/golden/data", paste0(name, ".csv")))
quietly <- function(x) suppressMessages(suppressWarnings(x))
plain <- function(m) { m <- unclass(m); attributes(m) <- list(dim = dim(m)); m }
rule <- function(x) if (anyNA(x)) "pairwise" else "listwise"

# lavaan adds 0.5 to empty cells of 2 x 2 tables unless told not to
saturated <- function(x) quietly(lavCor(x, ordered = names(x), missing = rule(x), zero.add = c(0, 0), output = "fit",
                                        estimator = "WLSMV", se = "standard"))
covariance <- function(x) {
  gamma <- lavInspect(saturated(x), "gamma")
  pairs <- grep("~~", rownames(gamma))
  list(names = rownames(gamma)[pairs], gamma = unname(plain(gamma[pairs, pairs])))
}
measures <- c("chisq", "df", "chisq.scaled", "pvalue.scaled", "chisq.scaling.factor", "baseline.chisq",
              "baseline.chisq.scaled", "rmsea.scaled", "rmsea.ci.lower.scaled", "rmsea.ci.upper.scaled",
              "cfi.scaled", "tli.scaled", "srmr", "rmsea", "cfi", "tli")
explore <- function(x, k, estimator) {
  found <- quietly(efa(x, nfactors = k, ordered = names(x), estimator = estimator, missing = rule(x), rotation = "none",
                       zero.add = c(0, 0), output = "lavaan"))
  shift <- found@test$scaled.shifted$shift.parameter
  list(k = k, n = nobs(found), loadings = plain(lavInspect(found, "est")$lambda), fmin = unname(fitMeasures(found, "fmin")),
       fit = as.list(fitMeasures(found, measures)), shift = shift)
}
sets <- list(likert5 = 3, likert7_missing = 3, binary = 2, unequal = 2)
results <- list(
  versions = list(R = as.character(getRversion()), lavaan = as.character(packageVersion("lavaan"))),
  covariance = sapply(names(sets), function(name) {
    x <- data(name)
    covariance(x[, seq_len(min(ncol(x), 8))])
  }, simplify = FALSE),
  efa = sapply(names(sets), function(name) {
    x <- data(name)
    list(dwls = explore(x, sets[[name]], "WLSMV"), dwls_one = explore(x, 1, "WLSMV"),
         minres = explore(x, sets[[name]], "ULSMV"))
  }, simplify = FALSE)
)
write_json(results, "tests/golden/factors/ordinal.json", digits = 12, auto_unbox = TRUE, matrix = "rowmajor", na = "null")
