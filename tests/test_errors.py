"""errors: permanent codes, exit codes, remedies."""

from __future__ import annotations

import pytest

from sitegen import errors


def test_codes_are_unique_and_well_formed() -> None:
    codes = [cls.code for cls in errors.catalogue()]
    assert len(codes) == len(set(codes)) > 40
    assert all(len(code) == 5 and code.startswith("SG") and code[2:].isdigit() for code in codes)


@pytest.mark.parametrize("cls", list(errors.catalogue()), ids=lambda cls: cls.code)
def test_every_error_explains_itself_and_says_what_to_do(cls: type[errors.SitegenError]) -> None:
    assert (cls.__doc__ or "").strip().endswith(".")
    assert cls.default_remedy.strip().endswith((".", "?"))
    assert cls.exit_code in {1, 2, 3, 4, 5, 6}
    assert cls.__name__ in (errors.__doc__ or "")


def test_a_code_keeps_the_exit_code_of_its_kind() -> None:
    expected = {"1": 3, "2": 4, "3": 5, "4": 1, "5": 1, "6": 1, "7": 1}
    for cls in errors.catalogue():
        if cls.code[2] in expected and cls.__base__ is not errors.SitegenError:  # those stand for themselves
            assert cls.exit_code == expected[cls.code[2]], cls


def test_several_problems_are_flattened_and_the_worst_exit_code_wins() -> None:
    one = errors.SettingsInvalid("a", place=errors.Place("f", 3))
    two = errors.Several([one, errors.TextNotUtf8("b")])
    error = errors.Several([two, errors.SourceRefused("c")])
    assert [problem.message for problem in error.problems] == ["a", "b", "c"]
    assert error.exit_code == 4
    assert str(error).splitlines()[0] == "f:3: a"


def test_raise_all_raises_one_as_itself_and_none_not_at_all() -> None:
    errors.raise_all([])
    with pytest.raises(errors.SourceRefused):
        errors.raise_all([errors.SourceRefused("x")])
    with pytest.raises(errors.Several):
        errors.raise_all([errors.SourceRefused("x"), errors.SourceRefused("y")])
