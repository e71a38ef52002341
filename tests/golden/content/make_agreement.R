# Golden numbers of the agreement of coders, from irr, irrCAC, psych and vcd.
# Run from the project's root: Rscript tests/golden/content/make_agreement.R
library(jsonlite)
suppressPackageStartupMessages({ library(irr); library(irrCAC) })

# a table of two coders as one row per item
unfolded <- function(counts) {
  cells <- which(counts > 0, arr.ind = TRUE)
  unname(cells[rep(seq_len(nrow(cells)), counts[cells]), , drop = FALSE])
}

# skewed categories; each coder errs in a quarter of the items; `missing` of the codes are absent
invented <- function(items, coders, shares, missing, at_least) {
  true <- sample(seq_along(shares), items, replace = TRUE, prob = shares)
  codes <- sapply(seq_len(coders), function(coder) {
    ifelse(runif(items) < 0.75, true, sample(seq_along(shares), items, replace = TRUE))
  })
  for (item in seq_len(items)) {
    absent <- which(runif(coders) < missing)
    absent <- absent[seq_len(min(length(absent), coders - at_least))]
    codes[item, absent] <- NA
  }
  codes
}

set.seed(20112)
data(diagnoses)
tables <- list(
  fleiss_1971 = sapply(diagnoses, function(codes) as.integer(substr(codes, 1, 1))),
  krippendorff_2011_binary = cbind(c(0, 1, 0, 0, 0, 0, 0, 0, 1, 0), c(1, 1, 1, 0, 0, 1, 0, 0, 0, 0)) + 1,
  krippendorff_2011_nominal = cbind(c(1, 1, 2, 2, 4, 3, 3, 3, 5, 4, 4, 1), c(2, 1, 2, 2, 2, 3, 3, 3, 5, 4, 4, 4)),
  krippendorff_2011_missing = cbind(
    c(1, 2, 3, 3, 2, 1, 4, 1, 2, NA, NA, NA), c(1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NA, NA),
    c(NA, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 3), c(1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NA)
  ),
  gwet_2014_abstractors = unfolded(as.matrix(cont3x3abstractors)),
  three_by_three = unfolded(rbind(c(75, 1, 4), c(5, 4, 1), c(0, 0, 10))),
  five_coders = invented(40, 5, c(0.6, 0.2, 0.15, 0.05), 0, 5),
  five_coders_missing = invented(40, 5, c(0.6, 0.2, 0.15, 0.05), 0.3, 2),
  three_coders_often_alone = invented(60, 3, c(0.5, 0.3, 0.2), 0.5, 1)
)

golden <- lapply(tables, function(codes) {
  codes <- unname(as.matrix(codes))
  exact <- function(found) (found$est$pa - found$est$pe) / (1 - found$est$pe)   # coeff.val is rounded
  cac <- list(agreement_share = pa.coeff.raw(codes), krippendorff_alpha = krippen.alpha.raw(codes),
              gwet_ac1 = gwet.ac1.raw(codes), fleiss_kappa = fleiss.kappa.raw(codes),
              conger_kappa = conger.kappa.raw(codes))
  pairs <- combn(ncol(codes), 2)
  kappas <- lapply(seq_len(ncol(pairs)), function(j) {
    both <- na.omit(codes[, pairs[, j]])
    both <- matrix(as.integer(both), ncol = 2)
    levels <- sort(unique(as.vector(both)))
    counts <- table(factor(both[, 1], levels), factor(both[, 2], levels))
    list(coder = pairs[1, j], coder_2 = pairs[2, j], n = nrow(both), irr = kappa2(both)$value,
         se_psych = sqrt(suppressWarnings(psych::cohen.kappa(unclass(counts)))$var.kappa),
         se_vcd = unname(vcd::Kappa(counts)$Unweighted["ASE"]))
  })
  complete <- !anyNA(codes)
  list(
    codes = codes,
    irr = c(list(krippendorff_alpha = kripp.alpha(t(codes))$value),
            if (complete) list(agreement_percent_of_all = agree(codes)$value,
                               fleiss_kappa = kappam.fleiss(codes)$value,
                               conger_kappa = kappam.fleiss(codes, exact = TRUE)$value)),
    irrCAC = lapply(cac, exact),
    se_irrCAC = lapply(cac, function(found) found$est$coeff.se),
    coincidences = kripp.alpha(t(codes))$cm,
    pairs = kappas
  )
})
write_json(golden, "tests/golden/content/agreement.json", digits = NA, auto_unbox = TRUE, na = "null")
for (package in c("irr", "irrCAC", "psych", "vcd", "jsonlite")) cat(package, as.character(packageVersion(package)), "")
cat(R.version.string, "\n")
