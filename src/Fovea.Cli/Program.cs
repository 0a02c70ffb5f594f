using Fovea.Cli.Commands;

// Before anything else: numbers, names and messages are the same wherever it runs. Workers are this program too.
CultureInfo.CurrentCulture = CultureInfo.DefaultThreadCurrentCulture = CultureInfo.InvariantCulture;
CultureInfo.CurrentUICulture = CultureInfo.DefaultThreadCurrentUICulture = CultureInfo.InvariantCulture;
Signals.OfProcess.Install();
try
{
    return await FoveaCommand.RunAsync(args);
}
catch (Exception e) when (!FailureLine.IsTraced)
{
    return Failure.Report(e, "fovea");
}
