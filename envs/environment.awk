# requirements.lock -> environment.yaml: the same versions for `snakemake --sdm conda`, in one file, since Snakemake copies it.
BEGIN {
    print "# Written by `make lock` from requirements.lock, with the same versions: for `snakemake --sdm conda`."
    print "channels: [conda-forge, nodefaults]\ndependencies:\n  - python=3.11\n  - pip\n  - pip:"
}
/^[a-z0-9].*==/ { sub(/ *\\$/, ""); print "      - " $0 }
