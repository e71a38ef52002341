# Reference numbers for correlations, suitability and retention. Run from the project's root:
#   Rscript tests/golden/correlation/make.R
suppressMessages({library(psych); library(lavaan); library(polycor); library(mvtnorm); library(jsonlite)})
data <- function(name) read.csv(file.path("tests/golden/data", paste0(name, ".csv")))
published <- as.matrix(read.csv("tests/golden/data/wai_sr_matrix.csv", row.names = 1))
frames <- sapply(c("likert5", "likert7_missing", "binary", "unequal"), data, simplify = FALSE)
complete <- c("likert5", "binary", "unequal")
quietly <- function(x) suppressMessages(suppressWarnings(x))
plain <- function(m) { m <- unclass(m); attributes(m) <- list(dim = dim(m)); m }

# lavaan adds 0.5 to empty cells of 2 x 2 tables unless told not to
ordered_correlations <- function(x, missing) {
  quietly(lavCor(x, ordered = names(x), missing = missing, zero.add = c(0, 0), se = "none", output = "cor"))
}
ordered_thresholds <- function(x, missing) {
  quietly(lavCor(x, ordered = names(x), missing = missing, zero.add = c(0, 0), output = "th"))
}
results <- list(
  versions = list(R = as.character(getRversion()), psych = as.character(packageVersion("psych")),
                  lavaan = as.character(packageVersion("lavaan")), polycor = as.character(packageVersion("polycor")),
                  mvtnorm = as.character(packageVersion("mvtnorm"))),
  bivariate_normal = lapply(list(c(0, 0, .5), c(-1, .3, -.7), c(2, 2.1, .95), c(-.4, -.4, .99), c(1.5, -2.5, .8),
                                 c(.3, .2, -.9999)), function(x) list(
    h = x[1], k = x[2], rho = x[3],
    probability = as.numeric(pmvnorm(upper = x[1:2], corr = matrix(c(1, x[3], x[3], 1), 2), algorithm = TVPACK(1e-14)))
  )),
  lavaan = lapply(frames, function(x) plain(ordered_correlations(x, if (anyNA(x)) "pairwise" else "listwise"))),
  lavaan_thresholds = as.numeric(ordered_thresholds(frames$likert7_missing, "pairwise")),
  psych = lapply(frames[complete], function(x) {
    plain(quietly(polychoric(x, correct = 0, max.cat = 12, smooth = FALSE, progress = FALSE))$rho)
  }),
  polycor = {
    x <- frames$unequal
    pairs <- combn(names(x)[1:6], 2)
    apply(pairs, 2, function(p) list(row = p[1], column = p[2], rho = polychor(x[[p[1]]], x[[p[2]]], ML = FALSE)))
  },
  pearson_pairwise = plain(cor(frames$likert7_missing, use = "pairwise")),
  pearson_listwise = plain(cor(frames$likert7_missing, use = "complete")),
  spearman_pairwise = plain(cor(frames$likert7_missing, use = "pairwise", method = "spearman")),
  spearman_listwise = plain(cor(frames$likert7_missing, use = "complete", method = "spearman")),
  smoothing = {
    m <- matrix(c(1, .9, .1, .9, 1, .8, .1, .8, 1), 3)
    list(before = m, after = plain(quietly(cor.smooth(m))))
  },
  singular = {  # fewer people than items
    after <- quietly(cor.smooth(cor(head(frames$likert5, 10))))
    pa <- quietly(fa.parallel(after, n.obs = 10, n.iter = 2, SMC = TRUE, plot = FALSE))
    list(after = plain(after), factor_observed = pa$fa.values)
  },
  suitability = lapply(list(likert5 = cor(frames$likert5), wai_sr_matrix = published), function(r) {
    kmo <- KMO(r)
    bartlett <- cortest.bartlett(r, n = if (nrow(r) == 12 && identical(r, published)) 157 else 250)
    list(kmo = kmo$MSA, items = as.numeric(kmo$MSAi), chi2 = bartlett$chisq, df = bartlett$df, p = bartlett$p.value,
         determinant = det(r))
  }),
  map = lapply(list(likert5 = cor(frames$likert5), binary = cor(frames$binary), wai_sr_matrix = published), function(r) {
    quietly(VSS(r, n = ncol(r) - 2, n.obs = 250, plot = FALSE))$map
  }),
  parallel = {
    set.seed(1)
    x <- frames$likert5
    pa <- quietly(fa.parallel(x, n.iter = 200, SMC = TRUE, sim = TRUE, plot = FALSE))
    list(component_observed = pa$pc.values, factor_observed = pa$fa.values,
         component_mean = pa$pc.simr, factor_mean = pa$fa.simr, n_components = pa$ncomp, n_factors = pa$nfact)
  },
  parallel_polychoric = {
    set.seed(1)
    x <- frames$binary
    pa <- quietly(fa.parallel(x, n.iter = 20, SMC = TRUE, sim = FALSE, cor = "poly", correct = 0, plot = FALSE))
    list(component_observed = pa$pc.values, component_mean = pa$pc.simr, factor_mean = pa$fa.simr,
         n_components = pa$ncomp, n_factors = pa$nfact)
  }
)
write(toJSON(results, digits = NA, auto_unbox = TRUE, pretty = FALSE), "tests/golden/correlation/correlation.json")
