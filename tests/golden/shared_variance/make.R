# Canonical correlations by stats, redundancies and commonality by lm. Run from the project's root:
#   Rscript tests/golden/shared_variance/make.R
suppressMessages(library(jsonlite))
x <- read.csv("tests/golden/data/likert5.csv")

sets <- function(first, second) {
  a <- as.matrix(x[, first]); b <- as.matrix(x[, second])
  found <- cancor(a, b)
  r2 <- function(y, z) summary(lm(y ~ z))$r.squared
  test <- anova(lm(b ~ a), test = "Wilks")["a", ]
  n <- nrow(x); p <- ncol(a); q <- ncol(b)
  bartlett <- sapply(seq_along(found$cor), function(k) {  # Bartlett (1941), written out
    chi <- -(n - 1 - (p + q + 1) / 2) * log(prod(1 - found$cor[k:length(found$cor)]^2))
    pchisq(chi, (p - k + 1) * (q - k + 1), lower.tail = FALSE)
  })
  list(r = found$cor, wilks = prod(1 - found$cor^2), p_wilks = test[["Pr(>F)"]], p_bartlett = bartlett,
       redundancy_1_by_2 = mean(apply(a, 2, r2, b)), redundancy_2_by_1 = mean(apply(b, 2, r2, a)))
}

# commonality coefficients of three predictors, the formulas as Nimon (2010) prints them; dominance by its definition
s <- data.frame(a = rowMeans(x[, 1:3]), b = rowMeans(x[, 4:6]), c = rowMeans(x[, 7:9]), y = rowMeans(x[, 10:12]))
r2 <- function(...) summary(lm(reformulate(c(...), "y"), s))$r.squared
A <- r2("a"); B <- r2("b"); C <- r2("c"); AB <- r2("a", "b"); AC <- r2("a", "c"); BC <- r2("b", "c")
ABC <- r2("a", "b", "c")
commonality <- c("a" = ABC - BC, "b" = ABC - AC, "c" = ABC - AB,
                 "a, b" = AC + BC - C - ABC, "a, c" = AB + BC - B - ABC, "b, c" = AB + AC - A - ABC,
                 "a, b, c" = A + B + C - AB - AC - BC + ABC)
general <- c(a = mean(c(A, mean(c(AB - B, AC - C)), ABC - BC)), b = mean(c(B, mean(c(AB - A, BC - C)), ABC - AC)),
             c = mean(c(C, mean(c(AC - A, BC - B)), ABC - AB)))
full <- summary(lm(y ~ a + b + c, s))
write_json(list(version = as.character(getRversion()), items = sets(1:5, 6:12), scales = sets(1:3, 4:12),
                single = sets(1:4, 12), commonality = as.list(commonality), general_dominance = as.list(general),
                r2 = full$r.squared, r2_adjusted = full$adj.r.squared),
           "tests/golden/shared_variance/shared_variance.json", digits = NA, auto_unbox = TRUE, pretty = TRUE)
