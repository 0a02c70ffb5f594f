namespace Fovea.Cli.Terminal;

/// <summary>Text that is part of the program.</summary>
internal static class BuiltInText
{
    /// <summary>The text of a file that is embedded under its name.</summary>
    public static string Read(string name)
    {
        using var reader = new StreamReader(typeof(BuiltInText).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
