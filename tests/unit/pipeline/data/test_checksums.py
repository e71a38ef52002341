"""One checksum of a file or a folder."""

from pipeline.data.checksums import checksum


def test_a_folder_s_checksum_sees_names_and_contents_but_no_hidden_time_stamps(tmp_path):
    (tmp_path / "a").write_text("1")
    first = checksum(tmp_path)
    (tmp_path / ".snakemake_timestamp").write_text("now")
    assert checksum(tmp_path) == first
    (tmp_path / "a").rename(tmp_path / "b")
    assert checksum(tmp_path) != first


def test_only_the_files_that_count(tmp_path):
    for name in "abc":
        (tmp_path / name).write_text(name)
    chosen = [tmp_path / "b", tmp_path / "a"]
    first = checksum(tmp_path, chosen)
    assert checksum(tmp_path, reversed(chosen)) == first != checksum(tmp_path)
    (tmp_path / "c").write_text("changed")
    assert checksum(tmp_path, chosen) == first
    (tmp_path / "a").write_text("changed")
    assert checksum(tmp_path, chosen) != first
