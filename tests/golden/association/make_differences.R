# Differences of correlations. Run from the project's root: Rscript tests/golden/association/make_differences.R
suppressMessages({library(psych); library(jsonlite)})
data <- read.csv("tests/golden/data/likert5.csv")
n <- nrow(data)
fisher <- function(r, n) tanh(atanh(r) + c(-1, 1) * qnorm(.975) / sqrt(n - 3))

# Zou (2007), equations for two correlations with limits and the correlation c of the two estimates
zou <- function(r, s, lr, ls, c) {
  low <- sqrt((r - lr[1])^2 + (ls[2] - s)^2 - 2 * c * (r - lr[1]) * (ls[2] - s))
  high <- sqrt((lr[2] - r)^2 + (s - ls[1])^2 - 2 * c * (lr[2] - r) * (s - ls[1]))
  c(r - s - low, r - s + high)
}

overlapping <- function(x, y, z) {
  r <- cor(data[, c(x, y, z)])
  test <- r.test(n, r12 = r[1, 2], r13 = r[1, 3], r23 = r[2, 3])
  c12 <- r[1, 2]; c13 <- r[1, 3]; c23 <- r[2, 3]
  cc <- ((c23 - c12 * c13 / 2) * (1 - c12^2 - c13^2 - c23^2) + c23^3) / ((1 - c12^2) * (1 - c13^2))
  list(items = c(x, y, z), statistic = as.numeric(test$t), p = as.numeric(test$p),
       interval = zou(c12, c13, fisher(c12, n), fisher(c13, n), cc))
}

apart <- function(x, y, z, w) {
  r <- cor(data[, c(x, y, z, w)])
  r12 <- r[1, 2]; r13 <- r[1, 3]; r14 <- r[1, 4]; r23 <- r[2, 3]; r24 <- r[2, 4]; r34 <- r[3, 4]
  test <- r.test(n, r12 = r12, r34 = r34, r23 = r23, r13 = r13, r14 = r14, r24 = r24)
  cc <- (.5 * r12 * r34 * (r13^2 + r14^2 + r23^2 + r24^2) + r13 * r24 + r14 * r23 -
         (r12 * r13 * r14 + r12 * r23 * r24 + r13 * r23 * r34 + r14 * r24 * r34)) / ((1 - r12^2) * (1 - r34^2))
  list(items = c(x, y, z, w), statistic = as.numeric(test$z), p = as.numeric(test$p),
       interval = zou(r12, r34, fisher(r12, n), fisher(r34, n), cc))
}

independent <- function(r, n1, s, n2) {
  test <- r.test(n1, r12 = r, r34 = s, n2 = n2)
  list(r = r, n = n1, r_2 = s, n_2 = n2, statistic = as.numeric(test$z), p = as.numeric(test$p),
       interval = zou(r, s, fisher(r, n1), fisher(s, n2), 0))
}

result <- list(overlapping = list(overlapping("i01", "i02", "i03"), overlapping("i01", "i02", "i09")),
               apart = list(apart("i01", "i02", "i05", "i06"), apart("i01", "i05", "i02", "i06")),
               independent = list(independent(.49, 145, .36, 87), independent(.2, 40, .7, 60)),
               versions = list(R = as.character(getRversion()), psych = as.character(packageVersion("psych"))))
write_json(result, "tests/golden/association/differences.json", digits = 15, auto_unbox = TRUE, pretty = TRUE)
