using Fovea.Core.Extending;

namespace Fovea.Data.Corpora;

/// <summary>A form of corpus files as the catalogue lists it.</summary>
/// <param name="Name">What it is asked for by.</param>
/// <param name="Help">What such a file holds, in one line.</param>
/// <param name="Recognises">Whether a file looks like one; reads its beginning at most, and is asked only where the form is not given.</param>
/// <param name="Open">Opens one.</param>
public sealed record CorpusFormat(string Name, string Help, Func<string, bool> Recognises, Func<CorpusFile, FileCorpus> Open) : ICatalogued;

/// <summary>A corpus file to be opened.</summary>
/// <param name="File">The file.</param>
/// <param name="ImageFolder">Where its image names are resolved.</param>
/// <param name="Invalid">Takes the records that cannot be used.</param>
public sealed record CorpusFile(string File, string ImageFolder, InvalidRecords Invalid)
{
    /// <summary>Whether a symbolic link may lead out of the image folder.</summary>
    public bool FollowLinks { get; init; }

    /// <summary>What its samples are known by in place of the file's name.</summary>
    public string? Name { get; init; }
}

/// <summary>The forms of corpus files.</summary>
public static class CorpusFormats
{
    /// <summary>Whichever form a file looks like.</summary>
    public const string Auto = "auto";

    /// <summary>Those that Fovea has; others are added with <see cref="Catalogue{T}.With"/>.</summary>
    public static Catalogue<CorpusFormat> BuiltIn { get; } = new("form of corpus", [LlavaJsonCorpus.Format, CocoCaptionsCorpus.Format]);

    /// <summary>The form of a file: the one that is named, or with <see cref="Auto"/> the last listed one that recognises it.</summary>
    /// <exception cref="Core.Errors.UsageException">None has the name.</exception>
    public static CorpusFormat Of(this Catalogue<CorpusFormat> formats, string name, string file) =>
        name == Auto ? formats.Reverse().First(f => f.Recognises(file)) : formats.Get(name, $"and {Auto}");
}
