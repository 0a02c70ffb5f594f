namespace Fovea.Pipeline.Plans;

/// <summary>The plans that <c>demo</c> and <c>reproduce</c> run, embedded so that the commands work from any folder.</summary>
public static class BuiltInPlans
{
    private const string Root = "configs/", StudyFolder = "studies/", Ending = ".jsonc";

    /// <summary>Names of the studies.</summary>
    public static IReadOnlyList<string> Studies =>
    [
        .. typeof(BuiltInPlans).Assembly.GetManifestResourceNames().Where(n => n.StartsWith(Root + StudyFolder, StringComparison.Ordinal))
            .Select(n => n[(Root + StudyFolder).Length..^Ending.Length]).Order(StringComparer.Ordinal),
    ];

    /// <summary>A study's plan by its name, or the plan file of that path.</summary>
    /// <exception cref="UsageException">There is neither.</exception>
    public static PlanFile Study(string nameOrFile) => Studies.Contains(nameOrFile) ? PlanFile.BuiltIn(StudyFolder + nameOrFile + Ending)
        : File.Exists(nameOrFile) ? PlanFile.Load(nameOrFile)
        : throw new UsageException($"no study '{nameOrFile}'{NearestName.Hint(nameOrFile, Studies)}; there are {string.Join(", ", Studies)}, or give a plan "
            + $"file with a 'study'");

    /// <summary>Text of a configuration from <c>configs/</c>.</summary>
    public static string Read(string name)
    {
        using var stream = typeof(BuiltInPlans).Assembly.GetManifestResourceStream(Root + name)
            ?? throw new FoveaException($"{name}: not built into this program");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
