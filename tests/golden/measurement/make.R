# Golden numbers of measurement models from lavaan and semTools. The models are written out here, apart from the code under test.
# Run from the project's root: Rscript tests/golden/measurement/make.R
suppressMessages({library(lavaan); library(semTools); library(jsonlite)})
here <- "tests/golden/measurement"
sums <- function(items) paste(items, collapse = " + ")
measures <- c("npar", "chisq", "df", "pvalue", "cfi", "tli", "rmsea", "rmsea.ci.lower", "rmsea.ci.upper", "srmr")
blocks_of <- list(
  planted = list(A = paste0("a", 1:6), B = paste0("b", 1:5), C = paste0("c", 1:4)),
  misfit = list(A = paste0("a", 1:4), B = paste0("b", 1:4), C = paste0("c", 1:4), D = paste0("d", 1:4)),
  wai_sr = list(task = c(1, 2, 10, 12), goal = c(4, 6, 8, 11), bond = c(3, 5, 7, 9)))
blocks_of$wai_sr <- lapply(blocks_of$wai_sr, function(i) sprintf("i%02d", i))

models_of <- function(blocks) {
  own <- sapply(names(blocks), function(b) paste(b, "=~", sums(blocks[[b]])))
  items <- unlist(blocks)
  general <- paste("general =~", sums(items))
  first <- names(blocks)[1]
  list(
    one_factor = general,
    correlated_factors = own,
    second_order = c(own, paste("general =~", sums(names(blocks)))),
    bifactor = c(general, own, combn(c("general", names(blocks)), 2, function(p) paste(p[1], "~~ 0*", p[2]))),
    bifactor_s_minus_1 = c(general, own[-1], paste("general ~~ 0*", names(blocks)[-1])))
}
scales_of <- function(blocks) list(
  one_factor = paste("general =~", sums(unlist(blocks))),
  two_factors = c(paste("task_goal =~", sums(c(blocks$task, blocks$goal))), paste("bond =~", sums(blocks$bond))),
  three_factors = sapply(names(blocks), function(b) paste(b, "=~", sums(blocks[[b]]))))
pairs <- list(blocks = list(c("one_factor", "correlated_factors"), c("correlated_factors", "bifactor_s_minus_1"), c("second_order", "bifactor"),
                            c("second_order", "correlated_factors")),
              scales = list(c("one_factor", "two_factors"), c("two_factors", "three_factors")))

fitted <- function(text, data, parameterization = "delta", ...) {
  text <- paste(text, collapse = "\n")
  # as far down as its optimizer goes without a warning
  for (tolerance in c(1e-12, 1e-10)) {
    control <- list(rel.tol = tolerance, x.tol = 1e-12, iter.max = 10000, eval.max = 20000)
    fit <- suppressWarnings(
      if (is.matrix(data)) cfa(text, sample.cov = data, sample.nobs = 157, std.lv = TRUE, control = control, ...)
      else cfa(text, data, ordered = TRUE, std.lv = TRUE, missing = "pairwise", zero.add = c(0, 0), parameterization = parameterization,
               control = control, ...))
    if (lavInspect(fit, "converged")) break
  }
  fit
}
numbers <- function(fit, scaled) {
  wanted <- if (scaled) c("npar", "df", "srmr", paste0(setdiff(measures, c("npar", "df", "srmr")), ".scaled")) else measures
  std <- standardizedSolution(fit)
  std <- std[std$op %in% c("=~", "~~"), ]
  residual <- lavResiduals(fit, type = "cor")$cov
  residual <- unclass(residual); residual[upper.tri(residual, TRUE)] <- 0
  place <- which(abs(residual) == max(abs(residual)), arr.ind = TRUE)[1, ]
  values <- as.list(fitMeasures(fit, wanted))
  names(values) <- sub("\\.scaled$", "", names(values))
  list(fit = values, std = data.frame(lhs = std$lhs, op = std$op, rhs = std$rhs, est = std$est.std, se = std$se),
       largest = list(items = sort(c(rownames(residual)[place[1]], colnames(residual)[place[2]])), value = residual[place[1], place[2]]))
}
reliabilities <- function(fit, ordinal, higher) {
  # of factors of factors and ordinal sums semTools 0.5-6 ends in an error
  options <- if (length(higher)) list(fit, obs.var = FALSE, higher = higher) else list(fit, obs.var = FALSE)
  answers <- if (ordinal && length(higher)) compRelSEM(fit, obs.var = FALSE) else do.call(compRelSEM, options)
  latent <- if (ordinal) do.call(compRelSEM, c(options, list(ord.scale = FALSE))) else answers
  list(answers = as.list(answers), latent = as.list(latent))
}
out <- list()
for (name in names(blocks_of)) {
  blocks <- blocks_of[[name]]
  matrix_of <- name == "wai_sr"
  data <- if (matrix_of) {m <- as.matrix(read.csv("tests/golden/data/wai_sr_matrix.csv", row.names = 1)); dimnames(m) <- list(colnames(m), colnames(m)); m}
          else read.csv(file.path(here, paste0(name, ".csv")))
  models <- if (matrix_of) c(scales_of(blocks), models_of(blocks)["bifactor_s_minus_1"]) else models_of(blocks)
  entry <- list(); fits <- list()
  for (model in names(models)) {
    fit <- fitted(models[[model]], data)
    cat(name, model, lavInspect(fit, "converged"), "\n")
    fits[[model]] <- fit
    entry$models[[model]] <- numbers(fit, !matrix_of)
    entry$models[[model]]$reliability <- reliabilities(fit, !matrix_of, if (model == "second_order") "general" else character())
    if (name == "planted" && model %in% c("correlated_factors", "bifactor")) entry$theta[[model]] <- numbers(fitted(models[[model]], data, "theta"), TRUE)["fit"]
  }
  for (pair in if (matrix_of) pairs$scales else pairs$blocks) {
    if (name == "planted" && identical(pair, c("second_order", "correlated_factors"))) next
    found <- tryCatch(lavTestLRT(fits[[pair[2]]], fits[[pair[1]]]), error = function(e) {cat("no test", pair, conditionMessage(e), "\n"); NULL})
    if (!is.null(found)) entry$differences[[paste(pair, collapse = " ")]] <- list(statistic = found[2, "Chisq diff"], df = found[2, "Df diff"], p = found[2, "Pr(>Chisq)"])
  }
  # as many exploratory factors as blocks, rotated to loadings of 0 on other blocks
  items <- unlist(blocks, use.names = FALSE)
  owner <- rep(names(blocks), lengths(blocks))
  target <- outer(owner, names(blocks), function(a, b) ifelse(a == b, NA, 0))
  text <- paste(paste0('efa("e")*f', seq_along(blocks), collapse = " + "), "=~", sums(items))
  fit <- fitted(text, data, rotation = "pst", rotation.args = list(target = ifelse(is.na(target), 0, target), target.mask = ifelse(is.na(target), 0, 1),
                row.weights = "none", rstarts = 30, std.ov = TRUE, order.lv.by = "none", reflect = FALSE, algorithm = "gpa"))
  found <- numbers(fit, !matrix_of)
  std <- lavInspect(fit, "std")
  entry$exploratory <- list(fit = found$fit, loadings = unname(std$lambda[items, ]), phi = unname(std$psi), se = !is.null(found$std$se))
  out[[name]] <- entry
}
# one trait-specific method factor of therapists for each trait; clients are the reference
d <- read.csv(file.path(here, "methods.csv"))
of <- function(who, trait) paste0(who, trait, c("x", "y", "z"))
text <- c(sapply(1:3, function(k) paste0("T", k, " =~ ", sums(c(of("c", k), of("t", k))))),
          sapply(1:3, function(k) paste0("M", k, " =~ ", sums(of("t", k)))), sapply(1:3, function(k) paste0("T", k, " ~~ 0*M", 1:3)))
for (tolerance in c(1e-12, 1e-10)) {
  fit <- suppressWarnings(cfa(paste(text, collapse = "\n"), d, estimator = "MLR", missing = "fiml", std.lv = TRUE, em.h1.tol = 1e-11, em.h1.iter.max = 20000,
             control = list(rel.tol = tolerance, x.tol = 1e-12, iter.max = 10000, eval.max = 20000)))
  if (lavInspect(fit, "converged")) break
}
out$methods <- numbers(fit, TRUE)
write_json(out, file.path(here, "measurement.json"), digits = 10, auto_unbox = TRUE, na = "null", dataframe = "columns")
cat(as.character(Sys.Date()), as.character(packageVersion("lavaan")), as.character(packageVersion("semTools")), "\n")
