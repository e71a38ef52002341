# Correlations within and between clients. Run from the project's root: Rscript tests/golden/association/make_sessions.R
suppressMessages({library(psych); library(jsonlite)})
x <- read.csv("tests/golden/data/sessions.csv")
scores <- data.frame(client = as.integer(factor(x$client)), a = rowMeans(x[, 4:6]), b = rowMeans(x[, 7:9]), c = x$i01 + x$i06)

one <- function(y, p) {
  z <- y[complete.cases(y[, p]), c("client", p)]
  by <- statsBy(z, "client", cors = FALSE)
  # Bakdash & Marusich (2017): sums of squares of the analysis of covariance with clients as factor
  z$f <- factor(z$client)
  fit <- lm(z[[p[2]]] ~ f + z[[p[1]]], data = z)
  aov <- anova(fit)
  slope <- coef(fit)[length(coef(fit))]
  df <- fit$df.residual
  r <- sign(slope) * sqrt(aov[2, 2] / (aov[2, 2] + aov[3, 2]))
  list(pair = p, n = nrow(z), clients = length(unique(z$client)), r_within = as.numeric(by$rwg[1, 2]),
       r_between = as.numeric(by$rbg[1, 2]), eta_within = as.numeric(by$etawg), eta_between = as.numeric(by$etabg),
       icc = as.numeric(by$ICC1[-1]), icc_mean = as.numeric(by$ICC2[-1]),
       r_total = cor(z[, p])[1, 2], rmcorr = as.numeric(r), df = df, p = aov[2, 5],
       lower = tanh(atanh(r) - qnorm(.975) / sqrt(df - 1)), upper = tanh(atanh(r) + qnorm(.975) / sqrt(df - 1)))
}

holes <- scores
holes$a[seq(5, nrow(x), 11)] <- NA
holes$b[seq(3, nrow(x), 7)] <- NA
pairs <- list(c("a", "b"), c("a", "c"), c("b", "c"))
result <- list(complete = lapply(pairs, one, y = scores), missing = lapply(pairs, one, y = holes),
               versions = list(R = as.character(getRversion()), psych = as.character(packageVersion("psych"))))
write_json(result, "tests/golden/association/sessions.json", digits = 15, auto_unbox = TRUE, pretty = TRUE)
