"""The first words of Google's permissions, by its role reference: an application's own permissions look alike.

A service that is not listed yet is still read; its name alone is just no proof that Google refused.
"""

from __future__ import annotations

from shared.model.names import Permission

PREFIXES = frozenset(
    (
        "accessapproval accesscontextmanager actions advisorynotifications agentidentity agentregistry aiplatform "
        "alloydb analyticshub androidmanagement apigateway apigee apigeeconnect apigeeregistry apihub apikeys apim "
        "appengine apphub applianceactivation appoptimize apptopology artifactregistry assuredoss assuredworkloads "
        "auditmanager automl automlrecommendations autoscaling axt backupdr baremetalsolution batch beyondcorp "
        "biglake bigquery bigquerymigration bigtable billing binaryauthorization blockchainnodeengine "
        "blockchainvalidatormanager businessaicode capacityplanner carestudio certificatemanager ces chat chronicle "
        "chroniclesm clientauthconfig cloud cloudaicompanion cloudapiregistry cloudasset cloudbuild cloudconfig "
        "cloudcontrolspartner clouddebugger clouddeploy cloudfunctions cloudiot cloudiottoken cloudjobdiscovery "
        "cloudkms cloudlocationfinder cloudmessaging cloudmigration cloudnotifications cloudnumberregistry cloudonefs "
        "cloudoptimization cloudprivatecatalog cloudprivatecatalogproducer cloudprofiler cloudquotas cloudscheduler "
        "cloudsecuritycompliance cloudsecurityscanner cloudsql cloudsupport cloudtasks cloudtestservice "
        "cloudtoolresults cloudtrace cloudtranslate cloudvolumesgcp-api commerceagreementpublishing "
        "commercebusinessenablement commerceoffercatalog commerceorggovernance commerceprice commerceproducer "
        "composer compute confidentialcomputing config configdelivery connectors consumerprocurement "
        "contactcenteraiplatform contactcenterinsights container containeranalysis containersecurity contentwarehouse "
        "databasecenter databaseinsights databasesconsole datacatalog dataconnectors dataflow dataform datafusion "
        "datalabeling datalineage datamigration datapipelines dataplex dataprep dataproc dataprocessing dataprocrm "
        "datastore datastream datastudio deploymentmanager designcenter developerconnect devicerun devicestreaming "
        "dialogflow discoveryengine dlp dns documentai domains dspm earlyaccesscenter earth earthengine edgecontainer "
        "edgenetwork enterpriseknowledgegraph enterprisepurchasing errorreporting essentialcontacts eventarc "
        "externalexposure faulttesting fcmdata file financialservices firebase firebaseabt firebaseanalytics "
        "firebaseappcheck firebaseappdistro firebaseapphosting firebaseauth firebasecrash firebasecrashlytics "
        "firebasedatabase firebasedataconnect firebasedynamiclinks firebaseextensions firebaseextensionspublisher "
        "firebasehosting firebaseinappmessaging firebasemessagingcampaigns firebaseml firebasenotifications "
        "firebaseperformance firebasepredictions firebaserules firebasestorage firebasevertexai fleetengine fpnv ftp "
        "gameservices gcp gdchardwaremanagement geminicloudassist geminidataanalytics genomics gkebackup gkehub "
        "gkemulticloud gkeonprem gsuiteaddons health healthcare hypercomputecluster iam iamconnectors iap "
        "identitytoolkit ids integrations issuerswitch krmapihosting kubernetesmetadata licensemanager lifesciences "
        "livestream logging looker lookerstudio lustre maintenance managedflink managedidentities managedkafka "
        "mandiant mapsadmin mapsanalytics mapsplatformdatasets marketplacesolutions mcp memcache memorystore "
        "meshconfig metastore migrationcenter ml modelarmor monitoring navigationconnect nestconsole netapp "
        "networkconnectivity networkmanagement networksecurity networkservices notebooks oauthconfig observability "
        "ondemandscanning opsconfigmonitoring oracledatabase orgpolicy osconfig parallelstore parametermanager "
        "paymentsresellersubscription policyanalyzer policyremediatormanager policysimulator privateca "
        "privilegedaccessmanager prodactuation proximitybeacon publicca pubsub pubsublite "
        "readerrevenuesubscriptionlinking recaptchaenterprise recommender redis remotebuildexecution resourcemanager "
        "resourcesettings retail riscconfigurationservice riskmanager rma roads routeoptimization run runapps "
        "runtimeconfig saasconfig saasservicemgmt secretmanager securedlandingzone securesourcemanager securitycenter "
        "securitycentermanagement securityposture servicebroker serviceconsumermanagement servicedirectory "
        "servicehealth servicemanagement servicenetworking servicesecurityinsights serviceusage source spanner "
        "speakerid speech stackdriver storage storagebatchoperations storageinsights storagetransfer stream "
        "subscribewithgoogledeveloper telcoautomation telemetry threatdetection threatintelligence timeseriesinsights "
        "tpu trafficdirector transcoder transferappliance translationhub vectorsearch videostitcher visionai "
        "visualinspection vmmigration vmwareengine vpcaccess workflows workloadcertificate workloadidentity "
        "workloadmanager workspacemarketplace workstations "
    ).split()
)


def is_googles(permission: Permission) -> bool:
    """Whether a permission belongs to a service of Google Cloud that the role reference lists."""
    return permission.partition(".")[0] in PREFIXES
