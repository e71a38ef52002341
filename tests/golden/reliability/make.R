# Reliability by psych on the shared data sets. Run from the project's root: Rscript tests/golden/reliability/make.R
suppressMessages({library(psych); library(jsonlite)})
data <- function(name) { x <- read.csv(file.path("tests/golden/data", paste0(name, ".csv"))); x[complete.cases(x), ] }

describe <- function(r, covariance, n, a) {
  k <- ncol(r)
  solution <- fa(r, nfactors = 1, fm = "minres", n.obs = n)
  # the default control stops early; this is the same objective followed to its end
  off <- function(l) sum((r - tcrossprod(l))[lower.tri(r)]^2)
  exact <- optim(solution$loadings[, 1], off, method = "BFGS",
                 gr = function(l) { e <- r - tcrossprod(l); diag(e) <- 0; -2 * drop(e %*% l) },
                 control = list(reltol = 1e-16, maxit = 10000))
  omega <- suppressMessages(suppressWarnings(omega(r, nfactors = 1, n.obs = n, plot = FALSE)))
  feldt <- alpha.ci(a$total$raw_alpha, n, k, digits = 12)
  sl <- sqrt(diag(covariance)) * exact$par
  list(n = n, alpha = a$total$raw_alpha, lower = feldt$lower.ci, upper = feldt$upper.ci,
       alpha_standardized = a$total$std.alpha, mean_inter_item_r = a$total$average_r,
       alpha_if_dropped = a$alpha.drop$raw_alpha,
       item_rest_r = if (!is.null(a$item.stats$r.drop)) a$item.stats$r.drop,
       loadings_psych = as.numeric(solution$loadings[, 1]), loadings_exact = as.numeric(exact$par),
       omega_total = sum(sl)^2 / (sum(sl)^2 + sum(diag(covariance) - sl^2)),  # McDonald (1999), eq. 6.20b
       omega_total_standardized = omega$omega.tot)
}

raw <- lapply(c(likert5 = "likert5", binary = "binary", likert7_missing = "likert7_missing"), function(name) {
  x <- data(name)
  describe(cor(x), cov(x), nrow(x), suppressWarnings(alpha(x)))
})
published <- readLines("tests/golden/data/wai_sr_published.yaml")
sd_line <- sub("^sd: \\[(.*)\\]$", "\\1", grep("^sd: ", published, value = TRUE))
sd_items <- as.numeric(strsplit(sd_line, ",")[[1]])
r <- as.matrix(read.csv("tests/golden/data/wai_sr_matrix.csv", row.names = 1))
covariance <- r * tcrossprod(sd_items)
matrix <- lapply(list(total = 1:12, task = c(1, 2, 10, 12), bond = c(3, 5, 7, 9), goal = c(4, 6, 8, 11)), function(items) {
  v <- covariance[items, items]
  describe(r[items, items], v, 157, suppressWarnings(alpha(v, n.obs = 157)))
})
version <- list(R = as.character(getRversion()), psych = as.character(packageVersion("psych")))
write_json(list(version = version, raw = raw, wai_sr_matrix = matrix), "tests/golden/reliability/psych.json",
           digits = NA, auto_unbox = TRUE, pretty = TRUE, null = "null")
