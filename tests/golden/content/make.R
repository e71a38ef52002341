# Golden numbers of the content analysis, from base R. Run from the project's root: Rscript tests/golden/content/make.R
library(jsonlite)

tables <- list(
  voice_all_forms = rbind(c(24, 0, 0), c(7, 19, 4), c(14, 0, 5), c(2, 13, 4), c(25, 2, 9), c(18, 7, 11)),
  theme_client = rbind(c(5, 5, 1, 3, 1, 9, 0), c(7, 1, 4, 1, 0, 2, 4), c(7, 3, 6, 3, 2, 13, 2)),
  voice_wai = rbind(c(25, 2, 9), c(18, 7, 11)),
  dimension_wai = rbind(c(14, 13, 9), c(12, 14, 10)),   # close to independence: the corrected V and the lower limit are 0
  two_by_two = rbind(c(9, 3), c(2, 11)),
  large = rbind(c(210, 340, 95, 130), c(180, 410, 120, 88), c(260, 300, 75, 164))
)

# limits of V from the noncentrality of the chi-square that puts it at the upper and lower tail
v_limit <- function(chi2, df, n, m, probability) {
  if (pchisq(chi2, df) <= probability) return(0)
  ncp <- uniroot(function(ncp) pchisq(chi2, df, ncp = ncp) - probability, c(0, 10 * chi2 + 100), tol = 1e-12)$root
  min(1, sqrt(ncp / (n * m)))
}

# Bergsma (2013)
v_corrected <- function(chi2, n, r, c) {
  phi2 <- max(0, chi2 / n - (r - 1) * (c - 1) / (n - 1))
  sqrt(phi2 / (min(r - (r - 1)^2 / (n - 1), c - (c - 1)^2 / (n - 1)) - 1))
}

set.seed(20111)
draws <- 200000
golden <- lapply(tables, function(x) {
  test <- suppressWarnings(chisq.test(x, correct = FALSE))
  chi2 <- unname(test$statistic); df <- unname(test$parameter); n <- sum(x); m <- min(dim(x)) - 1
  list(
    table = x, chi2 = chi2, df = df, n = n,
    p_permutation = chisq.test(x, simulate.p.value = TRUE, B = draws)$p.value, draws = draws,
    cramers_v = sqrt(chi2 / (n * m)), cramers_v_corrected = v_corrected(chi2, n, nrow(x), ncol(x)),
    lower = v_limit(chi2, df, n, m, 0.975), upper = v_limit(chi2, df, n, m, 0.025),
    expected = test$expected,
    hellinger_similarity_of_rows_1_and_2 = 1 - sqrt(sum((sqrt(x[1, ] / sum(x[1, ])) - sqrt(x[2, ] / sum(x[2, ])))^2) / 2)
  )
})
write_json(golden, "tests/golden/content/association.json", digits = NA, auto_unbox = TRUE, pretty = TRUE)
cat(R.version.string, "jsonlite", as.character(packageVersion("jsonlite")), "\n")
