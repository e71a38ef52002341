# Seconds of the processor that packages of R take for the polychoric correlations of the answers in a CSV file:
# Rscript benchmarks/polychoric.R answers.csv FOLDER package ...; the correlations are left in FOLDER/package.csv.
# Packages that are not installed are skipped. With package=FOLDER only the compiled code of EGAnet or EFAtools is
# called: its src/polychoric_matrix.c, or its src/polychoric.cpp (needs RcppArmadillo).
given <- commandArgs(trailingOnly = TRUE)
answers <- read.csv(given[1])
codes <- as.matrix(answers)
storage.mode(codes) <- "integer"
options(mc.cores = 1)
calls <- list(
  psych = function() psych::polychoric(answers, correct = 0, smooth = FALSE, progress = FALSE)$rho,
  lavaan = function() unclass(lavaan::lavCor(answers, ordered = names(answers))),
  EGAnet = function() EGAnet::polychoric.matrix(answers),
  EFAtools = function() EFAtools::POLYCHORIC(answers)$r
)
compiled <- list(
  EGAnet = function(folder) {
    system2("R", c("CMD", "SHLIB", "-o", file.path(given[2], "eganet.so"), file.path(folder, "polychoric_matrix.c")), stdout = FALSE)
    dyn.load(file.path(given[2], "eganet.so"))
    function() matrix(.Call("r_polychoric_correlation_matrix", c(codes), 0L, 0, nrow(codes), ncol(codes)), ncol(codes))
  },
  EFAtools = function(folder) {
    made <- new.env()
    Rcpp::sourceCpp(file.path(folder, "polychoric.cpp"), env = made)
    from_zero <- apply(codes, 2, function(x) match(x, sort(unique(x))) - 1L)
    function() made$.polychoric_cpp(from_zero, "none", FALSE)$R
  }
)
for (asked in strsplit(given[-(1:2)], "=")) {
  name <- asked[1]
  if (length(asked) > 1) call <- compiled[[name]](asked[2])
  else if (requireNamespace(name, quietly = TRUE)) call <- calls[[name]]
  else next
  best <- Inf
  for (again in 1:3) {
    taken <- system.time(found <- suppressMessages(suppressWarnings(call())))
    best <- min(best, taken[["user.self"]] + taken[["sys.self"]])
    if (best > 1) break
  }
  write.csv(as.matrix(found), file.path(given[2], paste0(name, ".csv")), row.names = FALSE)
  cat(name, best, "\n")
}
