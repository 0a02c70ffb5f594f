using System.Collections;
using Fovea.Core.Errors;

namespace Fovea.Core.Extending;

/// <summary>One of a kind of things that can be asked for by name: a selector, a corpus format, a proxy, and so on.</summary>
public interface ICatalogued
{
    /// <summary>What it is asked for by, in kebab-case.</summary>
    string Name { get; }

    /// <summary>What it is, in one line, for help and documents.</summary>
    string Help { get; }

    /// <summary>Names that are understood too and not listed, as where it was called otherwise before.</summary>
    IReadOnlyList<string> OtherNames => [];
}

/// <summary>
/// All things of one kind, in the order in which help lists them. Immutable: <see cref="With"/> gives another catalogue that has one more.
/// A name is found with dashes, underscores or neither.
/// </summary>
/// <typeparam name="T">What an entry says and makes.</typeparam>
public sealed class Catalogue<T> : IEnumerable<T>
    where T : class, ICatalogued
{
    private readonly string _kind;
    private readonly T[] _entries;

    /// <summary>Lists <paramref name="entries"/>.</summary>
    /// <param name="kind">What an entry is called in errors, e.g. <c>method</c>.</param>
    /// <param name="entries">The entries.</param>
    /// <exception cref="FoveaException">Two have one name.</exception>
    public Catalogue(string kind, IEnumerable<T> entries)
    {
        (_kind, _entries) = (kind, [.. entries]);
        if (_entries.SelectMany(NamesOf).GroupBy(Plain).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw new FoveaException($"{kind} '{twice.Last()}' is listed twice; give the new one another name");
        }
    }

    /// <summary>The names of all.</summary>
    public IReadOnlyList<string> Names => Array.ConvertAll(_entries, e => e.Name);

    /// <summary>A catalogue that also lists <paramref name="entry"/>.</summary>
    /// <exception cref="FoveaException">Its name is taken.</exception>
    public Catalogue<T> With(T entry) => new(_kind, [.. _entries, entry]);

    /// <summary>The entry of this name, or null.</summary>
    public T? Find(string name) => Array.Find(_entries, e => NamesOf(e).Any(n => Plain(n) == Plain(name)));

    /// <summary>The entry of this name.</summary>
    /// <param name="name">As a user wrote it.</param>
    /// <param name="also">What else may be given, e.g. <c>or a product of them (a*b)</c>; empty for nothing.</param>
    /// <exception cref="UsageException">None has it; the error says which one was perhaps meant, and lists all.</exception>
    public T Get(string name, string also = "") => Find(name) ?? throw Unknown(name, also);

    public IEnumerator<T> GetEnumerator() => _entries.AsEnumerable().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private UsageException Unknown(string name, string also)
    {
        var nearest = NearestName.Of(name, _entries.SelectMany(NamesOf));
        return new UsageException(
            $"unknown {_kind} "
                + $"'{Quoted.Shorten(name)}'; {(nearest is null ? "" : $"did you mean '{nearest}'? ")}known: {string.Join(", ", Names)}{(also.Length > 0 ? ", " + also : "")}");
    }

    private static IEnumerable<string> NamesOf(T entry) => entry.OtherNames.Prepend(entry.Name);

    private static string Plain(string name) => name.Replace("-", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal);
}
