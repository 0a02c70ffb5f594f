namespace Fovea.Pipeline.Plans;

/// <summary>The plans that <c>demo</c> runs, embedded so that the command works from any folder.</summary>
public static class BuiltInPlans
{
    /// <summary>Text of a configuration from <c>configs/</c>.</summary>
    public static string Read(string name)
    {
        using var stream = typeof(BuiltInPlans).Assembly.GetManifestResourceStream("configs/" + name)
            ?? throw new FoveaException($"{name}: not built into this program");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
