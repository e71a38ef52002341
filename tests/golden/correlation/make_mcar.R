# Golden numbers of Little's test. Run from the project's root: Rscript tests/golden/correlation/make_mcar.R
# The moments are lavaan's saturated ones by maximum likelihood; the statistic is Little's (1988) formula, as in
# naniar::mcar_test, which itself needs the package norm. On R's own airquality the same lines give the 35.1 with 14
# degrees of freedom and p = .0014 that the help page of naniar::mcar_test shows.
suppressMessages({library(lavaan); library(jsonlite)})

little <- function(x) {
  x <- x[rowSums(!is.na(x)) > 0, ]
  fit <- suppressWarnings(lavCor(x, missing = "fiml", output = "fit", em.h1.tol = 1e-13, em.h1.iter.max = 20000))
  moments <- lavInspect(fit, "sampstat")
  mu <- as.numeric(moments$mean)
  sigma <- unclass(moments$cov)
  parts <- split(x, apply(is.na(x), 1, paste, collapse = ""))
  d2 <- sapply(parts, function(people) {
    here <- !is.na(people[1, ])
    nrow(people) * mahalanobis(colMeans(people[, here, drop = FALSE]), mu[here], sigma[here, here])
  })
  df <- sum(sapply(parts, function(people) sum(!is.na(people[1, ])))) - ncol(x)
  list(chi2 = sum(d2), df = df, p = pchisq(sum(d2), df, lower.tail = FALSE), patterns = length(parts))
}

likert7 <- read.csv("tests/golden/data/likert7_missing.csv")
example <- read.csv("scripts/psychometrics/example_answers.csv")
results <- list(
  versions = list(R = as.character(getRversion()), lavaan = as.character(packageVersion("lavaan"))),
  airquality = little(airquality),
  likert7_missing = little(likert7[1:8]),
  haq = little(example[grep("^haq_", names(example))]),
  wai = little(example[grep("^wai_[0-9]", names(example))])
)
write_json(results, "tests/golden/correlation/mcar.json", digits = 14, auto_unbox = TRUE)
str(results)
