"""The patterns that GROK knows by name, and the columns that each gives by itself.

The names of Elasticsearch's legacy bank (libs/grok/src/main/resources/patterns/legacy), which is that of Logstash
(github.com/logstash-plugins/logstash-patterns-core, Apache-2.0), some of them by way of the copy in pygrok
(github.com/garyelephant/pygrok, MIT): names and the names of captures only, no expressions.
"""

from __future__ import annotations

from functools import cache
from typing import Final

_PLAIN: Final = """
BACULA_CAPACITY BACULA_DEVICE BACULA_DEVICEPATH BACULA_HOST BACULA_JOB BACULA_LOG_BEGIN_PRUNE_FILES
BACULA_LOG_BEGIN_PRUNE_JOBS BACULA_LOG_CANCELLING BACULA_LOG_DIFF_FS BACULA_LOG_ENDPRUNE BACULA_LOG_JOB
BACULA_LOG_MAXSTART BACULA_LOG_NOJOBSTAT BACULA_LOG_NOPRIOR BACULA_LOG_NOPRUNE_FILES BACULA_LOG_NOPRUNE_JOBS
BACULA_LOG_NOSUIT BACULA_LOG_NO_AUTH BACULA_LOG_VSS BACULA_TIMESTAMP BACULA_VERSION BACULA_VOLUME BASE10NUM
BASE16FLOAT BASE16NUM BIND9_TIMESTAMP CATALINA_DATESTAMP CISCOFW104003 CISCOFW104004 CISCOMAC CISCOTAG CISCOTIMESTAMP
CISCO_ACTION CISCO_DIRECTION CISCO_INTERVAL CISCO_REASON CISCO_XLATE_TYPE COMMONMAC CRON_ACTION DATA DATE DATESTAMP
DATESTAMP_EVENTLOG DATESTAMP_OTHER DATESTAMP_RFC2822 DATESTAMP_RFC822 DATE_EU DATE_US DAY EMAILADDRESS EMAILLOCALPART
EXIM_EXCLUDE_TERMS EXIM_FLAGS EXIM_MSGID EXIM_PID EXIM_QT EXIM_UNKNOWN_FIELD GREEDYDATA HOSTNAME HOSTPORT HOUR
HTTPDATE HTTPDERROR_DATE HTTPDUSER INT IP IPORHOST IPV4 IPV6 ISO8601_HOUR ISO8601_SECOND ISO8601_TIMEZONE JAVACLASS
JAVAFILE JAVALOGMESSAGE JAVAMETHOD JAVATHREAD LOGLEVEL MAC MAVEN_VERSION MINUTE MONGO3_COMPONENT MONGO3_SEVERITY
MONGO_QUERY MONGO_WORDDASH MONTH MONTHDAY MONTHNUM MONTHNUM2 NAGIOS_EC_DISABLE_HOST_CHECK
NAGIOS_EC_DISABLE_HOST_NOTIFICATIONS NAGIOS_EC_DISABLE_HOST_SVC_NOTIFICATIONS NAGIOS_EC_DISABLE_SVC_CHECK
NAGIOS_EC_DISABLE_SVC_NOTIFICATIONS NAGIOS_EC_ENABLE_HOST_CHECK NAGIOS_EC_ENABLE_HOST_NOTIFICATIONS
NAGIOS_EC_ENABLE_HOST_SVC_NOTIFICATIONS NAGIOS_EC_ENABLE_SVC_CHECK NAGIOS_EC_ENABLE_SVC_NOTIFICATIONS
NAGIOS_EC_PROCESS_HOST_CHECK_RESULT NAGIOS_EC_PROCESS_SERVICE_CHECK_RESULT NAGIOS_EC_SCHEDULE_HOST_DOWNTIME
NAGIOS_EC_SCHEDULE_SERVICE_DOWNTIME NAGIOS_TYPE_CURRENT_HOST_STATE NAGIOS_TYPE_CURRENT_SERVICE_STATE
NAGIOS_TYPE_EXTERNAL_COMMAND NAGIOS_TYPE_HOST_ALERT NAGIOS_TYPE_HOST_DOWNTIME_ALERT NAGIOS_TYPE_HOST_EVENT_HANDLER
NAGIOS_TYPE_HOST_FLAPPING_ALERT NAGIOS_TYPE_HOST_NOTIFICATION NAGIOS_TYPE_PASSIVE_HOST_CHECK
NAGIOS_TYPE_PASSIVE_SERVICE_CHECK NAGIOS_TYPE_SERVICE_ALERT NAGIOS_TYPE_SERVICE_DOWNTIME_ALERT
NAGIOS_TYPE_SERVICE_EVENT_HANDLER NAGIOS_TYPE_SERVICE_FLAPPING_ALERT NAGIOS_TYPE_SERVICE_NOTIFICATION
NAGIOS_TYPE_TIMEPERIOD_TRANSITION NONNEGINT NOTSPACE NUMBER PATH POSINT PROG QS QUOTEDSTRING REDISTIMESTAMP
RT_FLOW_EVENT RUBY_LOGLEVEL RUUID SECOND SPACE SYSLOG5424PRINTASCII SYSLOG5424SD SYSLOGHOST SYSLOGTIMESTAMP TIME
TIMESTAMP_ISO8601 TOMCAT_DATESTAMP TTY TZ UNIXPATH URIPARAM URIPATH URIPATHPARAM URIPROTO URN USER USERNAME UUID
WINDOWSMAC WINPATH WORD YEAR
"""
# Behind a name the columns, each with the type that the pattern gives it if that is not text.
_WITH_COLUMNS: Final = """
BACULA_LOGLINE bts hostname jobid device volume berror client job elapsed runjob duplicate
BACULA_LOG_ALL_RECORDS_PRUNED volume
BACULA_LOG_CLIENT_RBJ runjob
BACULA_LOG_DUPLICATE duplicate
BACULA_LOG_END_VOLUME volume
BACULA_LOG_FATAL_CONN client berror
BACULA_LOG_JOBEND elapsed
BACULA_LOG_MARKCANCEL job
BACULA_LOG_MAX_CAPACITY device
BACULA_LOG_NEW_LABEL volume device
BACULA_LOG_NEW_MOUNT volume device
BACULA_LOG_NEW_VOLUME volume
BACULA_LOG_NOJOBS volume
BACULA_LOG_NOOPEN berror
BACULA_LOG_NOOPENDIR berror
BACULA_LOG_NOSTAT berror
BACULA_LOG_NO_CONNECT client berror
BACULA_LOG_PRUNED_FILES client
BACULA_LOG_PRUNED_JOBS client
BACULA_LOG_READYAPPEND volume
BACULA_LOG_STARTJOB job
BACULA_LOG_STARTRESTORE job
BACULA_LOG_USEDEVICE device
BACULA_LOG_VOLUME_PREVWRITTEN volume
BACULA_LOG_WROTE_LABEL volume
BIND9 timestamp loglevel clientip clientport query querytype dns
BRO_CONN ts uid orig_h orig_p resp_h resp_p proto service duration orig_bytes resp_bytes conn_state local_orig
  missed_bytes history orig_pkts orig_ip_bytes resp_pkts resp_ip_bytes tunnel_parents
BRO_DNS ts uid orig_h orig_p resp_h resp_p proto trans_id query qclass qclass_name qtype qtype_name rcode rcode_name
  AA TC RD RA Z answers TTLs rejected
BRO_FILES ts fuid tx_hosts rx_hosts conn_uids source depth analyzers mime_type filename duration local_orig is_orig
  seen_bytes total_bytes missing_bytes overflow_bytes timedout parent_fuid md5 sha1 sha256 extracted
BRO_HTTP ts uid orig_h orig_p resp_h resp_p trans_depth method domain uri referrer user_agent request_body_len
  response_body_len status_code status_msg info_code info_msg filename bro_tags username password proxied orig_fuids
  orig_mime_types resp_fuids resp_mime_types
CATALINALOG timestamp class logmessage
CISCOFW104001 switch_reason
CISCOFW104002 switch_reason
CISCOFW105003 interface_name
CISCOFW105004 interface_name
CISCOFW105005 interface_name
CISCOFW105008 interface_name
CISCOFW105009 interface_name
CISCOFW106001 direction protocol action src_ip src_port dst_ip dst_port tcp_flags interface
CISCOFW106006_106007_106010 action direction protocol src_ip src_port src_fwuser dst_ip dst_port dst_fwuser interface
  reason
CISCOFW106014 action direction protocol src_interface src_ip src_fwuser dst_interface dst_ip dst_fwuser icmp_type
  icmp_code
CISCOFW106015 action protocol policy_id src_ip src_port dst_ip dst_port tcp_flags interface
CISCOFW106021 action protocol src_ip dst_ip interface
CISCOFW106023 action protocol src_interface src_ip src_port src_fwuser dst_interface dst_ip dst_port dst_fwuser
  icmp_type icmp_code policy_id hashcode1 hashcode2
CISCOFW106100 policy_id action protocol src_interface src_ip src_port src_fwuser dst_interface dst_ip dst_port
  hit_count interval hashcode1 hashcode2
CISCOFW106100_2_3 policy_id action protocol src_fwuser src_interface src_ip src_port dst_interface dst_ip dst_port
  hit_count interval hashcode1 hashcode2
CISCOFW110002 reason protocol src_interface src_ip src_port dst_ip dst_port
CISCOFW302010 connection_count connection_count_max
CISCOFW302013_302014_302015_302016 action direction protocol connection_id src_interface src_ip src_port src_mapped_ip
  src_mapped_port src_fwuser dst_interface dst_ip dst_port dst_mapped_ip dst_mapped_port dst_fwuser duration bytes
  reason user
CISCOFW302020_302021 action direction protocol dst_ip icmp_seq_num fwuser src_xlated_ip icmp_code_xlated src_ip
  icmp_code user
CISCOFW304001 src_ip src_fwuser dst_ip dst_url
CISCOFW305011 action xlate_type protocol src_interface src_ip src_port src_fwuser src_xlated_interface src_xlated_ip
  src_xlated_port
CISCOFW313001_313004_313008 action protocol icmp_type icmp_code src_ip interface dst_ip
CISCOFW313005 reason protocol err_protocol err_src_interface err_src_ip err_src_fwuser err_dst_interface err_dst_ip
  err_dst_fwuser err_icmp_type err_icmp_code interface orig_src_ip orig_src_port orig_src_fwuser orig_dst_ip
  orig_dst_port orig_dst_fwuser
CISCOFW321001 resource_name resource_limit
CISCOFW402117 protocol orig_protocol src_ip dst_ip
CISCOFW402119 protocol orig_protocol spi seq_num src_ip user dst_ip
CISCOFW419001 action protocol src_interface src_ip src_port dst_interface dst_ip dst_port reason
CISCOFW419002 reason src_interface src_ip src_port dst_interface dst_ip dst_port
CISCOFW500004 reason protocol src_ip src_port dst_ip dst_port
CISCOFW602303_602304 protocol direction tunnel_type spi src_ip dst_ip user action
CISCOFW710001_710002_710003_710005_710006 protocol action src_ip src_port dst_interface dst_ip dst_port
CISCOFW713172 group src_ip is_remote_natted is_local_natted
CISCOFW733100 drop_type drop_rate_id drop_rate_current_burst drop_rate_max_burst drop_rate_current_avg
  drop_rate_max_avg drop_total_count
CISCO_TAGGED_SYSLOG syslog_pri timestamp sysloghost ciscotag
CLOUDFRONT_ACCESS_LOG timestamp x_edge_location sc_bytes:int clientip cs_method cs_host cs_uri_stem sc_status:int
  referrer agent cs_uri_query cookies x_edge_result_type x_edge_request_id x_host_header cs_protocol cs_bytes:int
  time_taken:float x_forwarded_for ssl_protocol ssl_cipher x_edge_response_result_type
COMBINEDAPACHELOG clientip ident auth timestamp verb request httpversion rawrequest response bytes referrer agent
COMMONAPACHELOG clientip ident auth timestamp verb request httpversion rawrequest response bytes
CRONLOG timestamp facility priority logsource program pid user action message
ELB_ACCESS_LOG timestamp elb clientip clientport:int backendip backendport:int request_processing_time:float
  backend_processing_time:float response_processing_time:float response:int backend_response:int received_bytes:int
  bytes:int verb request proto urihost port path params httpversion rawrequest
ELB_REQUEST_LINE verb request proto urihost port path params httpversion rawrequest
ELB_URI proto urihost port path params
ELB_URIPATHPARAM path params
EXIM timestamp exim_year exim_month exim_day exim_time exim_msgid exim_flags exim_status exim_sender_email
  remote_hostname remote_heloname remote_host exim_interface exim_interface_port protocol exim_msg_size exim_header_id
  exim_subject exim_recipient_email
EXIM_DATE exim_year exim_month exim_day exim_time
EXIM_HEADER_ID exim_header_id
EXIM_INTERFACE exim_interface exim_interface_port
EXIM_MESSAGE_ARRIVAL timestamp exim_year exim_month exim_day exim_time exim_msgid exim_flags exim_status
  exim_sender_email remote_hostname remote_heloname remote_host exim_interface exim_interface_port protocol
  exim_msg_size exim_header_id exim_subject exim_recipient_email
EXIM_MSG_SIZE exim_msg_size
EXIM_NAMED_FIELDS remote_hostname remote_heloname remote_host exim_interface exim_interface_port protocol
  exim_msg_size exim_header_id exim_subject
EXIM_PROTOCOL protocol
EXIM_REMOTE_HOST remote_hostname remote_heloname remote_host
EXIM_SUBJECT exim_subject
HAPROXYCAPTUREDREQUESTHEADERS captured_request_headers
HAPROXYCAPTUREDRESPONSEHEADERS captured_response_headers
HAPROXYDATE haproxy_monthday haproxy_month haproxy_year haproxy_time haproxy_hour haproxy_minute haproxy_second
  haproxy_milliseconds
HAPROXYHTTP syslog_timestamp timestamp8601 syslog_server program pid client_ip client_port accept_date
  haproxy_monthday haproxy_month haproxy_year haproxy_time haproxy_hour haproxy_minute haproxy_second
  haproxy_milliseconds frontend_name backend_name server_name time_request time_queue time_backend_connect
  time_backend_response time_duration http_status_code bytes_read captured_request_cookie captured_response_cookie
  termination_state actconn feconn beconn srvconn retries srv_queue backend_queue captured_request_headers
  captured_response_headers http_verb http_proto http_user http_host port http_request http_version
HAPROXYHTTPBASE client_ip client_port accept_date haproxy_monthday haproxy_month haproxy_year haproxy_time
  haproxy_hour haproxy_minute haproxy_second haproxy_milliseconds frontend_name backend_name server_name time_request
  time_queue time_backend_connect time_backend_response time_duration http_status_code bytes_read
  captured_request_cookie captured_response_cookie termination_state actconn feconn beconn srvconn retries srv_queue
  backend_queue captured_request_headers captured_response_headers http_verb http_proto http_user http_host port
  http_request http_version
HAPROXYTCP syslog_timestamp timestamp8601 syslog_server program pid client_ip client_port accept_date haproxy_monthday
  haproxy_month haproxy_year haproxy_time haproxy_hour haproxy_minute haproxy_second haproxy_milliseconds
  frontend_name backend_name server_name time_queue time_backend_connect time_duration bytes_read termination_state
  actconn feconn beconn srvconn retries srv_queue backend_queue
HAPROXYTIME haproxy_hour haproxy_minute haproxy_second
HTTPD20_ERRORLOG timestamp loglevel clientip message
HTTPD24_ERRORLOG timestamp module loglevel pid tid proxy_errorcode proxy_message clientip clientport errorcode message
HTTPD_COMBINEDLOG clientip ident auth timestamp verb request httpversion rawrequest response bytes referrer agent
HTTPD_COMMONLOG clientip ident auth timestamp verb request httpversion rawrequest response bytes
HTTPD_ERRORLOG timestamp loglevel clientip message module pid tid proxy_errorcode proxy_message clientport errorcode
JAVASTACKTRACEPART class method file line
MCOLLECTIVE timestamp pid event_level
MCOLLECTIVEAUDIT timestamp
MONGO3_LOG timestamp severity component context message
MONGO_LOG timestamp component message
MONGO_SLOWQUERY database collection query ntoreturn ntoskip nscanned nreturned duration
NAGIOSLOGLINE nagios_epoch nagios_message nagios_type nagios_hostname nagios_service nagios_state nagios_statetype
  nagios_statecode nagios_notifyname nagios_contact nagios_statelevel nagios_attempt nagios_comment
  nagios_event_handler_name nagios_unknown1 nagios_unknown2 nagios_command nagios_check_result nagios_start_time
  nagios_end_time nagios_fixed nagios_trigger_id nagios_duration author comment
NAGIOSTIME nagios_epoch
NAGIOS_CURRENT_HOST_STATE nagios_type nagios_hostname nagios_state nagios_statetype nagios_statecode nagios_message
NAGIOS_CURRENT_SERVICE_STATE nagios_type nagios_hostname nagios_service nagios_state nagios_statetype nagios_statecode
  nagios_message
NAGIOS_EC_LINE_DISABLE_HOST_CHECK nagios_type nagios_command nagios_hostname
NAGIOS_EC_LINE_DISABLE_HOST_NOTIFICATIONS nagios_type nagios_command nagios_hostname
NAGIOS_EC_LINE_DISABLE_HOST_SVC_NOTIFICATIONS nagios_type nagios_command nagios_hostname
NAGIOS_EC_LINE_DISABLE_SVC_CHECK nagios_type nagios_command nagios_hostname nagios_service
NAGIOS_EC_LINE_DISABLE_SVC_NOTIFICATIONS nagios_type nagios_command nagios_hostname nagios_service
NAGIOS_EC_LINE_ENABLE_HOST_CHECK nagios_type nagios_command nagios_hostname
NAGIOS_EC_LINE_ENABLE_HOST_NOTIFICATIONS nagios_type nagios_command nagios_hostname
NAGIOS_EC_LINE_ENABLE_HOST_SVC_NOTIFICATIONS nagios_type nagios_command nagios_hostname
NAGIOS_EC_LINE_ENABLE_SVC_CHECK nagios_type nagios_command nagios_hostname nagios_service
NAGIOS_EC_LINE_ENABLE_SVC_NOTIFICATIONS nagios_type nagios_command nagios_hostname nagios_service
NAGIOS_EC_LINE_PROCESS_HOST_CHECK_RESULT nagios_type nagios_command nagios_hostname nagios_state nagios_check_result
NAGIOS_EC_LINE_PROCESS_SERVICE_CHECK_RESULT nagios_type nagios_command nagios_hostname nagios_service nagios_state
  nagios_check_result
NAGIOS_EC_LINE_SCHEDULE_HOST_DOWNTIME nagios_type nagios_command nagios_hostname nagios_start_time nagios_end_time
  nagios_fixed nagios_trigger_id nagios_duration author comment
NAGIOS_HOST_ALERT nagios_type nagios_hostname nagios_state nagios_statelevel nagios_attempt nagios_message
NAGIOS_HOST_DOWNTIME_ALERT nagios_type nagios_hostname nagios_state nagios_comment
NAGIOS_HOST_EVENT_HANDLER nagios_type nagios_hostname nagios_state nagios_statelevel nagios_event_handler_name
NAGIOS_HOST_FLAPPING_ALERT nagios_type nagios_hostname nagios_state nagios_message
NAGIOS_HOST_NOTIFICATION nagios_type nagios_notifyname nagios_hostname nagios_state nagios_contact nagios_message
NAGIOS_PASSIVE_HOST_CHECK nagios_type nagios_hostname nagios_state nagios_comment
NAGIOS_PASSIVE_SERVICE_CHECK nagios_type nagios_hostname nagios_service nagios_state nagios_comment
NAGIOS_SERVICE_ALERT nagios_type nagios_hostname nagios_service nagios_state nagios_statelevel nagios_attempt
  nagios_message
NAGIOS_SERVICE_DOWNTIME_ALERT nagios_type nagios_hostname nagios_service nagios_state nagios_comment
NAGIOS_SERVICE_EVENT_HANDLER nagios_type nagios_hostname nagios_service nagios_state nagios_statelevel
  nagios_event_handler_name
NAGIOS_SERVICE_FLAPPING_ALERT nagios_type nagios_hostname nagios_service nagios_state nagios_message
NAGIOS_SERVICE_NOTIFICATION nagios_type nagios_notifyname nagios_hostname nagios_service nagios_state nagios_contact
  nagios_message
NAGIOS_TIMEPERIOD_TRANSITION nagios_type nagios_service nagios_unknown1 nagios_unknown2
NAGIOS_WARNING nagios_message
NETSCREENSESSIONLOG date device device_id start_time duration policy_id service proto src_zone dst_zone action sent
  rcvd src_ip dst_ip src_port dst_port src_xlated_ip src_xlated_port dst_xlated_ip dst_xlated_port session_id reason
POSTGRESQL timestamp user_id connection_id pid
RAILS3 verb request clientip timestamp controller action format params context response totalms viewms activerecordms
RAILS3FOOT response totalms viewms activerecordms
RAILS3HEAD verb request clientip timestamp
RAILS3PROFILE viewms activerecordms
RCONTROLLER controller action
REDISLOG pid timestamp
REDISMONLOG timestamp database client port command params
RPROCESSING controller action format params
RT_FLOW1 event close-reason src-ip src-port dst-ip dst-port service nat-src-ip nat-src-port nat-dst-ip nat-dst-port
  src-nat-rule-name dst-nat-rule-name protocol-id policy-name from-zone to-zone session-id sent received elapsed-time
RT_FLOW2 event src-ip src-port dst-ip dst-port service nat-src-ip nat-src-port nat-dst-ip nat-dst-port src-nat-rule-
  name dst-nat-rule-name protocol-id policy-name from-zone to-zone session-id
RT_FLOW3 event src-ip src-port dst-ip dst-port service protocol-id policy-name from-zone to-zone
RUBY_LOGGER timestamp pid loglevel progname message
S3_ACCESS_LOG owner bucket timestamp clientip requester request_id operation key verb request httpversion rawrequest
  response:int error_code bytes:int object_size:int request_time_ms:int turnaround_time_ms:int referrer agent
  version_id
S3_REQUEST_LINE verb request httpversion rawrequest
SFW2 timestamp nf_action nf_in_interface nf_out_interface nf_dst_mac nf_src_mac nf_src_ip nf_dst_ip nf_protocol
  nf_src_port nf_dst_port
SHOREWALL timestamp nf_host nf_action1 nf_action2 nf_in_interface nf_dst_mac nf_src_mac nf_out_interface nf_src_ip
  nf_dst_ip nf_len nf_tos nf_prec nf_ttl nf_id nf_protocol nf_src_port nf_dst_port
SQUID3 timestamp duration client_address cache_result status_code bytes request_method url user hierarchy_code server
  content_type
SYSLOG5424BASE syslog5424_pri syslog5424_ver syslog5424_ts syslog5424_host syslog5424_app syslog5424_proc
  syslog5424_msgid syslog5424_sd
SYSLOG5424LINE syslog5424_pri syslog5424_ver syslog5424_ts syslog5424_host syslog5424_app syslog5424_proc
  syslog5424_msgid syslog5424_sd syslog5424_msg
SYSLOG5424PRI syslog5424_pri
SYSLOGBASE timestamp facility priority logsource program pid
SYSLOGBASE2 timestamp timestamp8601 facility priority logsource program pid
SYSLOGFACILITY facility priority
SYSLOGLINE timestamp timestamp8601 facility priority logsource program pid message
SYSLOGPAMSESSION timestamp facility priority logsource program pid message pam_module pam_caller pam_session_state
  username pam_by
SYSLOGPROG program pid
TOMCATLOG timestamp level class logmessage
URI port
URIHOST port
"""


@cache
def bank() -> dict[str, dict[str, str]]:
    """The columns of every pattern by its name: column to type, "" for text."""
    found: dict[str, dict[str, str]] = {name: {} for name in _PLAIN.split()}
    for line in _WITH_COLUMNS.replace("\n  ", " ").strip().splitlines():
        name, *columns = line.split()
        found[name] = {column.partition(":")[0]: column.partition(":")[2] for column in columns}
    return found
