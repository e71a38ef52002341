# Golden numbers of structural equation models from lavaan, for the models in cases.json.
# Run from the project's root: Rscript tests/golden/covariance_structures/make.R
suppressMessages({library(lavaan); library(jsonlite)})
here <- "tests/golden/covariance_structures"
source(file.path(here, "data.R"))
cases <- fromJSON(file.path(here, "cases.json"), simplifyVector = TRUE, simplifyDataFrame = FALSE)
answers <- function(name) {
  if (name == "example") return(read.csv("scripts/psychometrics/example_answers.csv"))
  if (name == "answers") return(read.csv(file.path(here, "answers.csv")))
  if (name %in% c("likert5", "likert7_missing", "binary")) return(read.csv(file.path("tests/golden/data", paste0(name, ".csv"))))
  packaged(name)
}
names_of <- c(residual_covariances = "residual.covariances", latent_variances = "lv.variances", latent_covariances = "lv.covariances")
fitted <- function(case) {
  ordinal <- isTRUE(case$ordered)
  missing <- if (is.null(case$missing)) "listwise" else if (case$missing == "ml") "fiml" else case$missing
  data <- answers(case$data)
  # lavaan counts the categories before it leaves people out
  words <- unlist(regmatches(case$model, gregexpr("[A-Za-z_][A-Za-z0-9_]*", case$model)))
  if (ordinal && missing == "listwise") data <- data[complete.cases(data[intersect(names(data), words)]), ]
  arguments <- list(case$model, data, missing = missing, std.lv = isTRUE(case$std_lv), orthogonal = isTRUE(case$orthogonal),
                    estimator = if (!is.null(case$estimator)) case$estimator else if (ordinal) "WLSMV" else "ML",
                    fixed.x = !identical(case$fixed_x, FALSE))
  if (missing == "fiml") arguments$em.h1.tol <- 1e-11
  if (missing == "fiml") arguments$em.h1.iter.max <- 20000
  if (ordinal) arguments <- c(arguments, list(ordered = TRUE, zero.add = c(0, 0),
                    parameterization = if (is.null(case$parameterization)) "delta" else case$parameterization))
  if (!is.null(case$group)) arguments$group <- case$group
  if (!is.null(case$cluster)) arguments$cluster <- case$cluster
  if (!is.null(case$equal)) arguments$group.equal <- ifelse(case$equal %in% names(names_of), names_of[case$equal], case$equal)
  if (!is.null(case$partial)) arguments$group.partial <- case$partial
  # as far down as its optimizer goes without a warning
  for (tolerance in c(1e-14, 1e-12, 1e-10)) {
    fit <- suppressWarnings(do.call("sem", c(arguments, list(control = list(rel.tol = tolerance, x.tol = 1e-12, iter.max = 10000, eval.max = 20000)))))
    if (lavInspect(fit, "converged")) break
  }
  cat(tolerance, "")
  fit
}
measures <- c("npar", "chisq", "df", "pvalue", "baseline.chisq", "baseline.df", "cfi", "tli", "rmsea", "rmsea.ci.lower", "rmsea.ci.upper", "srmr",
              "logl", "aic", "bic", "chisq.scaled", "pvalue.scaled", "chisq.scaling.factor", "baseline.chisq.scaled",
              "baseline.chisq.scaling.factor", "cfi.scaled", "tli.scaled", "rmsea.scaled", "rmsea.ci.lower.scaled",
              "rmsea.ci.upper.scaled", "cfi.robust", "tli.robust", "rmsea.robust")
out <- list(); fits <- list()
for (name in names(cases)) {
  case <- cases[[name]]
  fit <- fitted(case)
  fits[[name]] <- fit
  rows <- parameterEstimates(fit, remove.nonfree = FALSE, remove.eq = FALSE, remove.ineq = FALSE)
  std <- standardizedSolution(fit)
  rows <- rows[rows$op %in% c("=~", "~~", "~", "~1", "|", ":=") , ]
  std <- std[std$op %in% c("=~", "~~", "~", "~1", "|", ":="), ]
  groups <- if (is.null(case$group)) "" else lavInspect(fit, "group.label")
  group <- if (is.null(rows$group)) rep(1, nrow(rows)) else rows$group
  # the robust indices of ordinal items are not there, or end in an error
  wanted <- if (isTRUE(case$ordered)) measures[!grepl("robust|logl|aic|bic", measures)] else measures
  found <- NULL
  for (measure in wanted) found <- c(found, tryCatch(fitMeasures(fit, measure), error = function(e) NULL))
  entry <- list(estimates = data.frame(lhs = rows$lhs, op = rows$op, rhs = rows$rhs, group = groups[pmax(group, 1)], est = rows$est, se = rows$se,
                                       std = std$est.std, std_se = std$se),
                fit = as.list(found[intersect(measures, names(found))]))
  if (isTRUE(case$ordered)) entry$shift <- sum(fit@test[[2]]$shift.parameter)
  if (case$data == "holzinger") {
    whole <- packaged("holzinger")[paste0("x", 1:9)]
    parts <- if (is.null(case$group)) list(all = whole) else split(whole, packaged("holzinger")$school)[groups]
    entry$moments <- lapply(parts, function(d) list(n = nrow(d), mean = unname(colMeans(d)), covariance = unname(cov(d))))
  }
  out[[name]] <- entry
  cat(name, lavInspect(fit, "converged"), "\n")
}
pairs <- fromJSON(file.path(here, "comparisons.json"))
differences <- lapply(pairs, function(pair) {
  found <- lavTestLRT(fits[[pair[2]]], fits[[pair[1]]])
  list(statistic = found[2, "Chisq diff"], df = found[2, "Df diff"], p_value = found[2, "Pr(>Chisq)"])
})
write_json(differences, file.path(here, "differences.json"), digits = 10, auto_unbox = TRUE)
write_json(out, file.path(here, "lavaan.json"), digits = 10, auto_unbox = TRUE, na = "null", dataframe = "columns")
cat(as.character(Sys.Date()), as.character(packageVersion("lavaan")), "\n")
