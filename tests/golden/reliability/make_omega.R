# Omega by psych and semTools on the shared data sets. Run from the project's root: Rscript tests/golden/reliability/make_omega.R
suppressMessages({library(psych); library(GPArotation); library(lavaan); library(semTools); library(jsonlite)})
data <- function(name) { x <- read.csv(file.path("tests/golden/data", paste0(name, ".csv"))); x[complete.cases(x), ] }
quiet <- function(work) suppressMessages(suppressWarnings(work))
items <- function(numbers) sprintf("i%02d", numbers)

# Schmid-Leiman: psych stops its optimiser early; a smaller tolerance is not within reach of omega()
hierarchy <- function(r, n, k) {
  o <- quiet(omega(r, nfactors = k, n.obs = n, plot = FALSE, digits = 12))
  loadings <- o$schmid$sl[, 1:(k + 1)]
  h <- function(l) { s <- sum(l^2 / (1 - l^2)); s / (1 + s) }  # Hancock & Mueller (2001)
  sub <- apply(loadings[, -1], 1, function(x) which.max(abs(x)))
  groups <- lapply(seq_len(k), function(j) {
    own <- which(sub == j)
    list(items = I(rownames(r)[own]), total = o$omega.group[j + 1, "total"], general = o$omega.group[j + 1, "general"],
         group = o$omega.group[j + 1, "group"], h = h(loadings[own, j + 1]),
         ecv = sum(loadings[own, 1]^2) / sum(loadings[own, ]^2))
  })
  pairs <- combn(nrow(r), 2)
  list(n = n, k = k, omega_hierarchical = o$omega_h, omega_total = o$omega.tot, relative_omega = o$omega.lim,
       ecv = unname(o$ECV), h = h(loadings[, 1]), puc = mean(sub[pairs[1, ]] != sub[pairs[2, ]]), groups = groups)
}
raw <- function(name, k) { x <- data(name); hierarchy(cor(x), nrow(x), k) }
wai <- as.matrix(read.csv("tests/golden/data/wai_sr_matrix.csv", row.names = 1))
schmid_leiman <- list(likert5 = raw("likert5", 3), likert7_missing = raw("likert7_missing", 3), unequal = raw("unequal", 2),
                      binary = raw("binary", 2), wai_sr_matrix = hierarchy(wai, 157, 3))

# categorical omega of a one-factor model
categorical <- function(name, numbers) {
  x <- data(name)[, items(numbers)]
  model <- paste("f =~", paste(names(x), collapse = " + "))
  fit <- quiet(cfa(model, x, ordered = names(x), std.lv = TRUE, estimator = "DWLS", zero.add = c(0, 0),
                   control = list(rel.tol = 1e-14)))
  list(items = names(x), n = nrow(x), omega = unname(quiet(compRelSEM(fit))[[1]]), loadings = unname(lavInspect(fit, "std")$lambda[, 1]))
}
ordinal <- list(likert5_group = categorical("likert5", 1:4) , likert5 = categorical("likert5", 1:12),
                likert7_missing = categorical("likert7_missing", 1:6), likert7_all = categorical("likert7_missing", 1:18),
                binary = categorical("binary", 1:5), unequal = categorical("unequal", 1:9))
version <- lapply(c(psych = "psych", lavaan = "lavaan", semTools = "semTools", GPArotation = "GPArotation"),
                  function(name) as.character(packageVersion(name)))
write_json(list(version = version, schmid_leiman = schmid_leiman, categorical = ordinal), "tests/golden/reliability/omega.json",
           digits = NA, auto_unbox = TRUE, pretty = TRUE)
