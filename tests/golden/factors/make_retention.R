# Golden numbers of the criteria for the number of factors. Run from the project's root: Rscript tests/golden/factors/make_retention.R
suppressMessages({library(psych); library(nFactors); library(jsonlite)})
data_dir <- "tests/golden/data"
read <- function(name) as.matrix(read.csv(file.path(data_dir, paste0(name, ".csv"))))
sets <- list(
  likert5 = list(n = 250, r = cor(read("likert5"))),
  likert7_missing = list(n = 300, r = cor(read("likert7_missing"), use = "pairwise")),
  binary = list(n = 400, r = cor(read("binary"))),
  unequal = list(n = 200, r = cor(read("unequal"))),
  wai_sr_matrix = list(n = 157, r = as.matrix(read.csv(file.path(data_dir, "wai_sr_matrix.csv"), row.names = 1)))
)
quiet <- function(x) suppressMessages(suppressWarnings(x))
most <- 4

caf <- function(r, loadings) {
  residual <- r - loadings %*% t(loadings)
  diag(residual) <- 1
  1 - KMO(residual)$MSA
}

# the interval of RMSEA of no factors, which psych does not fit
null_rmsea <- function(chi, df, n, level = 0.9) {
  limit <- function(q) {
    if (pchisq(chi, df) <= q) return(0)
    root <- uniroot(function(l) pchisq(chi, df, l) - q, c(0, 10 * chi), tol = 1e-12)$root
    sqrt(root / (df * (n - 1)))
  }
  c(limit((1 + level) / 2), limit((1 - level) / 2))
}

result <- list()
for (name in names(sets)) {
  s <- sets[[name]]; r <- s$r; n <- s$n; p <- ncol(r)
  out <- list(n = n)
  chi <- -log(det(r)) * (n - 1 - (2 * p + 5) / 6)
  out$none <- list(dof = p * (p - 1) / 2, chi_square = chi, rmsea = null_rmsea(chi, p * (p - 1) / 2, n), caf = 1 - KMO(r)$MSA)
  for (fm in c("ml", "minres")) {
    rows <- list()
    for (k in 1:most) {
      if (fm == "ml") {
        f <- factanal(covmat = r, factors = k, n.obs = n, rotation = "none", control = list(opt = list(factr = 1, maxit = 5000)))
        loadings <- unclass(f$loadings)
      } else {
        loadings <- unclass(quiet(fa(r, k, n.obs = n, rotate = "none"))$loadings)
      }
      attr(loadings, "class") <- NULL
      st <- quiet(factor.stats(r, loadings, n.obs = n, alpha = 0.1))
      rows[[k]] <- list(k = k, dof = st$dof, chi_square = st$STATISTIC, p_value = st$PVAL, bic = st$BIC, tli = st$TLI,
                        rmsea = unname(st$RMSEA[2:3]), caf = caf(r, loadings))
    }
    out[[fm]] <- rows
  }
  vss <- quiet(vss(r, n = p - 2, n.obs = n, plot = FALSE, rotate = "none"))
  out$map <- vss$map
  out$kaiser <- nScree(eigen(r)$values, model = "components")$Components$nkaiser
  result[[name]] <- out
}

set.seed(1)
x <- rnorm(60); y <- rnorm(50, 0.2)
tied_x <- round(x, 1); tied_y <- round(y, 1)
result$rank_sum <- list(
  x = x, y = y, p = wilcox.test(x, y, alternative = "less", exact = FALSE)$p.value,
  tied_x = tied_x, tied_y = tied_y, tied_p = wilcox.test(tied_x, tied_y, alternative = "less", exact = FALSE)$p.value
)
write_json(result, "tests/golden/factors/retention.json", digits = 12, auto_unbox = TRUE, na = "null")
