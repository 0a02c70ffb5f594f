using Fovea.Core.Extending;

namespace Fovea.Models.Checkpoints;

/// <summary>The families of models that can be opened.</summary>
public static class ModelFamilies
{
    // Set for a flow of work and no longer: never seen by other work of the process.
    private static readonly AsyncLocal<Catalogue<ModelFamily>?> Given = new();

    /// <summary>
    /// Those that Fovea has; others are added with <see cref="Catalogue{T}.With"/>. Where several recognise a configuration, the last listed opens it.
    /// </summary>
    public static Catalogue<ModelFamily> BuiltIn { get; } = new("family",
    [
        .. TextLayout.Families,
        SoloLayout.Family,
        LlavaLayout.Family,
        OriginalLlavaLayout.Family,
        PrismaticLayout.Family,
    ]);

    /// <summary>Those that folders are opened with here, unless <see cref="LoadOptions.Families"/> says otherwise.</summary>
    public static Catalogue<ModelFamily> InUse => Given.Value ?? BuiltIn;

    /// <summary>
    /// Opens folders with <paramref name="families"/> in this flow of work, the threads and tasks that it starts included, until the result is disposed of.
    /// </summary>
    public static IDisposable Use(Catalogue<ModelFamily> families)
    {
        var before = Given.Value;
        Given.Value = families;
        return new Scope(before);
    }

    private sealed class Scope(Catalogue<ModelFamily>? before) : IDisposable
    {
        public void Dispose() => Given.Value = before;
    }
}
