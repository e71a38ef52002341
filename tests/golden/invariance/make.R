# Golden numbers of measurement invariance (lavaan, semTools). Run from the project's root:
# Rscript tests/golden/invariance/make.R; with names of cases, only these are made anew.
suppressMessages({library(lavaan); library(semTools); library(jsonlite)})
here <- "tests/golden/invariance"
ordinal_steps <- list(configural = character(), thresholds = "thresholds", loadings = c("thresholds", "loadings"),
                      intercepts = c("thresholds", "loadings", "intercepts"),
                      residuals = c("thresholds", "loadings", "intercepts", "residuals"))
continuous_steps <- list(configural = character(), loadings = "loadings", intercepts = c("loadings", "intercepts"),
                         residuals = c("loadings", "intercepts", "residuals"))
cases <- list(
  groups_ordinal = list(units = 1, steps = ordinal_steps),
  occasions_ordinal = list(units = 3, steps = ordinal_steps, missing = "pairwise"),
  perspectives_ordinal = list(units = 2, steps = ordinal_steps),
  # i5 is free from the intercepts on
  perspectives_partial = list(units = 2, steps = ordinal_steps[c("intercepts", "residuals")], free = "i5"),
  three_categories = list(units = 2, steps = ordinal_steps[-2]),
  two_categories = list(units = 2, steps = ordinal_steps[-(2:3)]),
  groups_continuous = list(units = 1, steps = continuous_steps, missing = "fiml"))
files <- c(perspectives_partial = "perspectives_ordinal")
target <- file.path(here, "lavaan.json")
wanted <- commandArgs(trailingOnly = TRUE)
out <- if (length(wanted)) fromJSON(target, simplifyVector = FALSE) else list()
for (name in if (length(wanted)) wanted else names(cases)) {
  case <- cases[[name]]
  file <- if (name %in% names(files)) files[[name]] else name
  d <- read.csv(file.path(here, paste0(file, ".csv")), check.names = FALSE)
  names(d) <- sub(".", "_", names(d), fixed = TRUE)
  paired <- case$units > 1
  ends <- if (paired) paste0("_", seq_len(case$units)) else ""
  factors <- if (name == "two_categories") list(a = 1:6) else list(a = 1:3, b = 4:6)
  model <- paste(sapply(ends, function(e) paste0(names(factors), e, " =~ ", sapply(factors, function(f) paste0("i", f, e, collapse = " + ")),
                                                 collapse = "\n")), collapse = "\n")
  ordinal <- name != "groups_continuous"
  fits <- list(); entry <- list()
  for (step in names(case$steps)) {
    equal <- case$steps[[step]]
    arguments <- list(configural.model = model, data = d, ID.fac = "std.lv", missing = case$missing)
    if (ordinal) arguments <- c(arguments, list(ordered = setdiff(names(d), c("group", "therapist")), parameterization = "theta",
                                                ID.cat = "Wu.Estabrook.2016"))
    if (is.null(case$missing)) arguments$missing <- NULL
    if (paired) {
      arguments$longFacNames <- lapply(setNames(names(factors), names(factors)), function(f) paste0(f, ends))
      arguments$longIndNames <- lapply(setNames(paste0("i", 1:6), paste0("i", 1:6)), function(i) paste0(i, ends))
      arguments$long.equal <- equal
    } else arguments <- c(arguments, list(group = "group", group.equal = equal))
    syntax <- as.character(do.call("measEq.syntax", arguments))
    if (!is.null(case$free)) {
      # the line of the intercept, and at the last step that of the residual variance, without equality
      syntax <- sub("i5_2 ~ [^\n]*", "i5_2 ~ NA*1", syntax)
      if (step == "residuals") syntax <- sub("i5_2 ~~ [^\n]*i5_2", "i5_2 ~~ NA*i5_2", syntax)
    }
    fitting <- list(syntax, data = d, estimator = if (ordinal) "WLSMV" else "MLR", missing = if (is.null(case$missing)) "listwise" else case$missing)
    if (ordinal) fitting <- c(fitting, list(ordered = arguments$ordered, parameterization = "theta", zero.add = c(0, 0)))
    else fitting <- c(fitting, list(meanstructure = TRUE, em.h1.tol = 1e-11, em.h1.iter.max = 20000))
    if (!paired) fitting$group <- "group"
    for (tolerance in c(1e-14, 1e-12, 1e-10)) {
      fit <- suppressWarnings(do.call("cfa", c(fitting, list(control = list(rel.tol = tolerance, x.tol = 1e-12, iter.max = 10000, eval.max = 20000)))))
      if (lavInspect(fit, "converged")) break
    }
    stopifnot(lavInspect(fit, "converged"))
    fits[[step]] <- fit
    rows <- parameterEstimates(fit, remove.nonfree = FALSE, remove.eq = FALSE)
    if (is.null(rows$group)) rows$group <- 1
    estimates <- rows[rows$op %in% c("=~", "~~", "~1", "|"), c("lhs", "op", "rhs", "group", "est", "se")]
    found <- fitMeasures(fit, c("chisq.scaled", "df", "pvalue.scaled", "cfi.scaled", "rmsea.scaled", "srmr"))
    one <- list(estimates = estimates, fit = as.list(found))
    number <- length(fits)
    if (number > 1) {
      test <- lavTestLRT(fits[[number - 1]], fit)
      one$difference <- list(statistic = test[2, "Chisq diff"], df = test[2, "Df diff"], p_value = test[2, "Pr(>Chisq)"])
      table <- parTable(fit)
      tests <- NULL
      if (step %in% c("loadings") || (!ordinal && step %in% c("intercepts", "residuals")) || step == "thresholds") {
        uni <- suppressWarnings(lavTestScore(fit))$uni
        named <- table[match(uni$rhs, table$plabel), ]
        first <- table[match(uni$lhs, table$plabel), ]
        tests <- data.frame(lhs = named$lhs, op = named$op, rhs = named$rhs, group = if (is.null(named$group)) 1 else named$group,
                            first = first$lhs, statistic = uni$X2)
        tests <- tests[tests$op == c(thresholds = "|", loadings = "=~", intercepts = "~1", residuals = "~~")[[step]], ]
      } else {
        index <- suppressWarnings(modindices(fit, op = if (step == "intercepts") "~1" else "~~"))
        index <- index[if (step == "intercepts") grepl("^i", index$lhs) else index$lhs == index$rhs & grepl("^i", index$lhs), ]
        tests <- data.frame(lhs = index$lhs, op = index$op, rhs = index$rhs, group = if (is.null(index$group)) 1 else index$group,
                            statistic = index$mi, change = index$epc)
      }
      one$score_tests <- tests
    }
    entry[[step]] <- one
    cat(name, step, tolerance, "\n")
  }
  out[[name]] <- entry
}
write(toJSON(out, digits = 10, auto_unbox = TRUE, na = "null"), target)
cat(R.version.string, as.character(packageVersion("lavaan")), as.character(packageVersion("semTools")), "\n")
