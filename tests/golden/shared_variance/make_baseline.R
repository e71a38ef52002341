# Commonality with a baseline and corrected for unreliability, by lm and matrix algebra; base R and jsonlite only.
# Run from the project's root: Rscript tests/golden/shared_variance/make_baseline.R
suppressMessages(library(jsonlite))
x <- read.csv("tests/golden/data/likert5.csv")
s <- data.frame(a = rowMeans(x[, 1:3]), b = rowMeans(x[, 4:6]), z = rowMeans(x[, 7:9]), y = rowMeans(x[, 10:12]))

# differences of R squared between linear models
r2 <- function(...) summary(lm(reformulate(c(...), "y"), s))$r.squared
adjusted <- function(...) summary(lm(reformulate(c(...), "y"), s))$adj.r.squared
parts <- function(A, B, Z, AB, AZ, BZ, ABZ) list(
  r2 = ABZ, r2_baseline = Z, r2_increment = ABZ - Z, unique_to_baseline = ABZ - AB, common_with_baseline = AB + Z - ABZ,
  commonality = list("a" = ABZ - BZ, "b" = ABZ - AZ, "z" = ABZ - AB, "a, b" = AZ + BZ - Z - ABZ,
                     "a, z" = AB + BZ - B - ABZ, "b, z" = AB + AZ - A - ABZ, "a, b, z" = A + B + Z - AB - AZ - BZ + ABZ))
observed <- parts(r2("a"), r2("b"), r2("z"), r2("a", "b"), r2("a", "z"), r2("b", "z"), r2("a", "b", "z"))
observed$r2_adjusted <- adjusted("a", "b", "z")
observed$r2_increment_adjusted <- adjusted("a", "b", "z") - adjusted("z")

# a and b corrected for alpha, baseline and outcome as observed
alpha <- function(items) { k <- ncol(items); k / (k - 1) * (1 - sum(diag(cov(items))) / sum(cov(items))) }
alphas <- c(alpha(x[, 1:3]), alpha(x[, 4:6]))
r <- cor(s) / outer(sqrt(c(alphas, 1, 1)), sqrt(c(alphas, 1, 1)))
diag(r) <- 1
of <- function(...) { p <- c(...); drop(r["y", p] %*% solve(r[p, p]) %*% r[p, "y"]) }
corrected <- parts(of("a"), of("b"), of("z"), of("a", "b"), of("a", "z"), of("b", "z"), of("a", "b", "z"))

# the correlations of iris, for which printed output of yhat is compared
names <- c("Sepal.Width", "Petal.Length", "Petal.Width", "Sepal.Length")
write_json(list(version = as.character(getRversion()), alpha = alphas, observed = observed, corrected = corrected,
                iris = list(names = names, correlations = unname(cor(iris[, names])), n = nrow(iris))),
           "tests/golden/shared_variance/baseline.json", digits = NA, auto_unbox = TRUE, pretty = TRUE)
