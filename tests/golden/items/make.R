# Golden numbers for careless responding. Run from the project's root: Rscript tests/golden/items/make.R
# The package careless is not in Debian: R CMD INSTALL its sources (github.com/ryentes/careless), with psych.
suppressMessages({library(careless); library(lavaan); library(jsonlite)})
quietly <- function(x) suppressMessages(suppressWarnings(x))
data <- function(name) read.csv(file.path("tests/golden/data", paste0(name, ".csv")))

# distances by the items that a person answered, from lavaan's saturated moments with divisor n - 1
distances <- function(x) {
  fit <- quietly(lavCor(x, missing = "fiml", output = "fit", em.h1.tol = 1e-13, em.h1.iter.max = 20000))
  moments <- lavInspect(fit, "sampstat")
  mu <- as.numeric(moments$mean)
  sigma <- unclass(moments$cov) * nrow(x) / (nrow(x) - 1)
  apply(x, 1, function(row) {
    here <- !is.na(row)
    mahalanobis(row[here], mu[here], sigma[here, here])
  })
}

indices <- function(x, scales, critical) list(
  irv = irv(x),
  evenodd = quietly(evenodd(x, scales)),
  synonyms = psychsyn(x, critval = critical, resample_na = FALSE, diag = TRUE),
  distance = distances(x)
)

likert5 <- data("likert5")
likert7 <- data("likert7_missing")
turned <- likert5
turned[c(2, 5, 8, 11)] <- 6 - turned[c(2, 5, 8, 11)]
results <- list(
  versions = list(R = as.character(getRversion()), careless = as.character(packageVersion("careless")),
                  psych = as.character(packageVersion("psych")), lavaan = as.character(packageVersion("lavaan"))),
  likert5 = c(indices(likert5, c(4, 4, 4), .30), list(longest = longstring(likert5), mahad = mahad(likert5, plot = FALSE),
              antonyms = psychsyn(turned, critval = .30, anto = TRUE, resample_na = FALSE, diag = TRUE))),
  likert7_missing = indices(likert7, c(5, 5, 4, 4), .45)
)
write_json(results, "tests/golden/items/careless.json", digits = 14, auto_unbox = TRUE, na = "null")
str(results)

# who is missing: those who left out an item of the HAq against the others, in the outcome
example <- read.csv("scripts/psychometrics/example_answers.csv")
difference <- function(value, missing) {
  known <- !is.na(value)
  value <- value[known]
  missing <- missing[known]
  n <- c(sum(missing), sum(!missing))
  pooled <- sqrt(sum((n - 1) * c(var(value[missing]), var(value[!missing]))) / (sum(n) - 2))
  root <- sqrt(prod(n) / sum(n))
  d <- (mean(value[missing]) - mean(value[!missing])) / pooled
  limit <- function(p) uniroot(function(ncp) pt(d * root, sum(n) - 2, ncp = ncp) - p, c(-30, 30), tol = 1e-12)$root / root
  list(d = d, lower = limit(.975), upper = limit(.025), n = sum(n), n_missing = n[1],
       psych = unname(psych::cohen.d(value, as.numeric(missing))$cohen.d[2]))
}
haq <- example[grep("^haq_", names(example))]
wai <- example[grep("^wai_[0-9]", names(example))]
differences <- list(outcome = difference(example$outcome, rowSums(is.na(haq)) > 0),
                    wai = difference(rowMeans(wai, na.rm = TRUE), rowSums(is.na(haq)) > 0))
write_json(differences, "tests/golden/items/differences.json", digits = 14, auto_unbox = TRUE)
str(differences)
