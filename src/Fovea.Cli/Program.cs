using System.Globalization;
using Fovea.Cli.Commands;

// Before anything else: numbers, names and messages are the same wherever it runs. Workers are this program too.
CultureInfo.CurrentCulture = CultureInfo.DefaultThreadCurrentCulture = CultureInfo.InvariantCulture;
CultureInfo.CurrentUICulture = CultureInfo.DefaultThreadCurrentUICulture = CultureInfo.InvariantCulture;
_ = Console.Error; // where too few files may be open, it could not be opened later to say so
try
{
    return await FoveaCommand.RunAsync(args);
}
catch (Exception e) when (Environment.GetEnvironmentVariable("FOVEA_TRACE") is null)
{
    return Failure.Report(e, "fovea");
}
